package sinktest

import (
	"context"
	"errors"

	usersync "usersync/sync"
)

// unfinished stages changes of every kind on top of published users, has them
// come to nothing by what the function does, and expects the mirror as before.
func (b *bench) unfinished(end func(Mirror, *usersync.Report)) {
	b.Helper()
	fields := usersync.AllFields()
	users, _ := somebody(fields, 10, 6)
	b.publish(plan{fields: fields, users: users[:4]})
	b.open(func(mirror Mirror) {
		end(mirror, b.begin(b.Context(), mirror, plan{
			fields: fields, users: append(users[4:5:5], otherwise(users[0], fields, 10)),
			deletes: []usersync.ID{users[1].ID}, refills: users[2:3],
		}))
	})
	b.expect(fields, gather(users[:4]))
	// What came to nothing is not in the way of what comes after.
	b.publish(plan{fields: fields, users: users[4:]})
	b.expect(fields, gather(users))
}

func (b *bench) abandoned() {
	b.unfinished(func(mirror Mirror, report *usersync.Report) {
		report.Status = usersync.StatusRefused
		if err := mirror.Abandon(b.Context(), report); err != nil {
			b.Fatal(err)
		}
	})
}

func (b *bench) died() {
	b.unfinished(func(Mirror, *usersync.Report) {})
}

func (b *bench) cancelled() {
	b.unfinished(func(mirror Mirror, report *usersync.Report) {
		ctx, cancel := context.WithCancel(b.Context())
		cancel()
		if err := mirror.Stage(ctx, []usersync.Change{somebodyNew()}); !errors.Is(err, context.Canceled) {
			b.Errorf("stage: %v", err)
		}
		if err := mirror.Publish(ctx, report); !errors.Is(err, context.Canceled) {
			b.Errorf("publish: %v", err)
		}
	})
}

func (b *bench) abandonedAfterCancel() {
	b.unfinished(func(mirror Mirror, report *usersync.Report) {
		ctx, cancel := context.WithCancel(b.Context())
		cancel()
		if err := mirror.Stage(ctx, []usersync.Change{somebodyNew()}); !errors.Is(err, context.Canceled) {
			b.Errorf("stage: %v", err)
		}
		report.Status = usersync.StatusInterrupted
		if err := mirror.Abandon(ctx, report); err != nil {
			b.Errorf("abandon: %v", err)
		}
	})
}

func somebodyNew() usersync.Change {
	users, _ := somebody(usersync.AllFields(), 11, 1)
	return usersync.Change{Op: usersync.Create, ID: users[0].ID, After: users[0]}
}

func (b *bench) locked() {
	b.open(func(Mirror) {
		second, err := b.Open(b.Context())
		if err == nil {
			err = second.Close()
			b.Fatalf("a second run got hold of the mirror (and gave it back: %v)", err)
		}
		if !errors.Is(err, usersync.ErrLocked) {
			b.Errorf("the error is not ErrLocked: %v", err)
		}
	})
	// Once it is given back, it can be had again.
	b.open(func(Mirror) {})
}
