package userdiff

import (
	"context"
	"fmt"

	usersync "usersync/sync"
)

// lookupShare is the part of a side's users, one in so many, above which reading
// all of them again is less work than asking for each.
const lookupShare = 5

// fetch collects a side's versions of those who differ, and perhaps of some others.
// Whoever a side may have missed is asked for as well.
func (c *comparison) fetch(ctx context.Context, i int, into *sorter) error {
	side, report := c.side(i)
	if side.Lookup != nil && c.Key == nil && (!report.Complete || c.differing.keys.count*lookupShare <= report.Users) {
		return c.ask(ctx, i, into)
	}
	read := 0
	var census usersync.Census
	for u, err := range side.Users.Users(ctx, c.fields, &census) {
		if err != nil {
			return err
		}
		read++
		c.progress(readingDiffering(i), read, report.Users)
		if err := c.keep(u, into); err != nil {
			return err
		}
	}
	if census.Complete {
		return nil
	}
	// Whoever this reading missed would look deleted.
	if side.Lookup != nil && c.Key == nil {
		return c.ask(ctx, i, into)
	}
	report.Complete = false
	return nil
}

// ask asks for those whom a side has, or may have, by their ids.
func (c *comparison) ask(ctx context.Context, i int, into *sorter) error {
	_, report := c.side(i)
	keys, err := c.differing.keys.read()
	if err != nil {
		return err
	}
	asked := 0
	batch := make([]usersync.ID, 0, usersync.LookupBatch)
	for {
		r, more, err := keys.next()
		if err != nil {
			return err
		}
		if more && (sides(r.value[0])&on(i) != 0 || !report.Complete) {
			batch = append(batch, usersync.ID(r.key))
		}
		if len(batch) == cap(batch) || !more && len(batch) > 0 {
			if err := c.askFor(ctx, i, batch, into); err != nil {
				return err
			}
			asked += len(batch)
			c.progress(readingDiffering(i), asked, c.differing.keys.count)
			batch = batch[:0]
		}
		if !more {
			return nil
		}
	}
}

func (c *comparison) askFor(ctx context.Context, i int, ids []usersync.ID, into *sorter) error {
	side, _ := c.side(i)
	users, err := side.Lookup(ctx, ids, c.fields)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u == nil {
			continue
		}
		if err := c.keep(u, into); err != nil {
			return err
		}
	}
	return nil
}

func readingDiffering(i int) string { return fmt.Sprintf("reading who differs of %c", 'A'+i) }

// keep keeps a user who may be one of those who differ.
func (c *comparison) keep(u *usersync.User, into *sorter) (err error) {
	key := c.keyOf(u)
	if !c.differing.filter.mayHave(key) {
		return nil
	}
	if c.line, err = c.Scope.Of(u).AppendJSON(c.line[:0], c.Scope.Fields.All()); err != nil {
		return err
	}
	return into.add(record{key, u.ID, c.line})
}
