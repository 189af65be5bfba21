package userdiff

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	usersync "usersync/sync"
)

// lookupShare is the part of a side's users, one in so many, above which reading
// all of them again is less work than asking for each.
const lookupShare = 5

// fetch puts a side's versions of those who differ into the spool. Whoever a side
// may have missed is asked for as well.
func (c *comparison) fetch(ctx context.Context, i int) error {
	side, report := c.side(i)
	var ids []usersync.ID
	if side.Lookup != nil && c.Key == nil {
		for k, p := range c.wanted {
			if p.expected[i] || !report.Complete {
				ids = append(ids, usersync.ID(k))
			}
		}
		if !report.Complete || len(ids)*lookupShare <= report.Users {
			slices.SortFunc(ids, func(a, b usersync.ID) int { return bytes.Compare(a[:], b[:]) })
			return c.ask(ctx, i, ids)
		}
	}
	read := 0
	var census usersync.Census
	for u, err := range side.Users.Users(ctx, c.fields, &census) {
		if err != nil {
			return err
		}
		read++
		c.progress(readingDiffering(i), read, report.Users)
		if err := c.keep(i, u); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) ask(ctx context.Context, i int, ids []usersync.ID) error {
	side, _ := c.side(i)
	asked := 0
	for batch := range slices.Chunk(ids, usersync.LookupBatch) {
		users, err := side.Lookup(ctx, batch, c.fields)
		if err != nil {
			return err
		}
		for _, u := range users {
			if u == nil {
				continue
			}
			if err := c.keep(i, u); err != nil {
				return err
			}
		}
		asked += len(batch)
		c.progress(readingDiffering(i), asked, len(ids))
	}
	return nil
}

func readingDiffering(i int) string { return fmt.Sprintf("reading who differs of %c", 'A'+i) }

// keep puts a user into the spool if it is one of those who differ.
func (c *comparison) keep(i int, u *usersync.User) (err error) {
	k, text, has := c.keyOf(u)
	p, differs := c.wanted[k]
	if !has || !differs {
		return nil
	}
	p.text = text
	p.at[i], err = c.spool.add(c.Scope.Of(u), c.Scope.Fields)
	return err
}
