package sink

import (
	"context"
	"fmt"

	usersync "usersync/sync"
)

// takeOut stages that the file keeps nothing of people who must be forgotten but
// what may be kept, whatever was staged for them before, and counts those who
// were not gone. There are such only where forgetting them was killed half-way,
// and where an older file was put in the place of this one.
func (c *CSV) takeOut(ctx context.Context) (present int, err error) {
	list, err := c.readForgotten()
	if err != nil || len(list.people) == 0 {
		return 0, err
	}
	if err := c.look(); err != nil {
		return 0, err
	}
	if !c.old.indexed() {
		if err := c.old.index(ctx, func(usersync.Record) bool { return true }); err != nil {
			return 0, err
		}
	}
	places := list.places()
	people := make(map[usersync.ID]forgottenPerson)
	for _, row := range c.old.rows {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		place, found := places[keyed(list.key, row.id)]
		if !found {
			continue
		}
		people[row.id] = list.people[place]
		if !row.gone {
			present++
		}
	}
	c.spool.unstage(func(id usersync.ID) bool { _, found := people[id]; return found })
	for id, person := range people {
		if err := c.stageForgotten(id, person); err != nil {
			return 0, fmt.Errorf("take out who must be forgotten: %w", err)
		}
	}
	return present, nil
}

// stageForgotten stages what may be kept of one row, where it is more.
func (c *CSV) stageForgotten(id usersync.ID, person forgottenPerson) error {
	if person.Mode == "purge" || !c.spool.layout.keepDeleted {
		c.spool.remove(id)
		return nil
	}
	record, err := c.old.load(id)
	if err != nil {
		return err
	}
	empty := usersync.Record{User: c.spool.emptied(record.User), DeletedAt: record.DeletedAt}
	if !record.Gone() {
		empty.DeletedAt = person.At
	} else if len(usersync.Diff(record.User, empty.User, usersync.AllFields())) == 0 {
		return nil
	}
	return c.spool.put(empty)
}
