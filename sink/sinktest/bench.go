package sinktest

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"testing"
	"time"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// people are who is in a mirror.
type people map[usersync.ID]*usersync.User

// A bench is what a test works at: a place for a mirror, and shorthands that end
// the test where something goes wrong.
type bench struct {
	testing.TB
	Target
	traits Traits
}

// open opens the mirror for the length of a function.
func (b *bench) open(use func(Mirror)) {
	b.Helper()
	mirror, err := b.Open(b.Context())
	if err != nil {
		b.Fatalf("open: %v", err)
	}
	use(mirror)
	if err := mirror.Close(); err != nil {
		b.Fatalf("close: %v", err)
	}
}

// A plan is what a run is to stage.
type plan struct {
	fields  usersync.FieldSet
	users   []*usersync.User // as the source has them: new, changed or back
	refills []*usersync.User // written anew although unchanged
	deletes []usersync.ID
	erase   usersync.Erasure // what else goes of those who are deleted
	at      time.Time        // when the run begins; noon, if it does not matter
	keep    time.Duration    // of the change log; 0 is for ever
}

// noon is when runs begin in tests for which it does not matter.
func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

// project is whose users the mirrors of these tests hold.
func project() usersync.Project {
	return usersync.Project{Endpoint: "https://myapp.authgear.cloud", AppID: "myapp"}
}

// begin does what a run does up to publishing, in batches of at most three.
func (b *bench) begin(ctx context.Context, mirror Mirror, p plan) *usersync.Report {
	b.Helper()
	started := p.at
	if started.IsZero() {
		started = noon()
	}
	start := usersync.Start{
		RunID: rand.Text(), Mode: usersync.ModeFull, StartedAt: started, Version: "test",
		Project: project(), Fields: p.fields, KeepHistory: p.keep,
	}
	if err := mirror.Begin(ctx, start); err != nil {
		b.Fatalf("begin: %v", err)
	}
	held, err := mirror.Holds(ctx)
	if err != nil {
		b.Fatalf("holds: %v", err)
	}
	compared := p.fields
	if held.Published {
		compared = compared.Intersect(held.Fields)
	}
	for batch := range slices.Chunk(b.changes(ctx, mirror, p, compared), 3) {
		if err := mirror.Stage(ctx, batch); err != nil {
			b.Fatalf("stage: %v", err)
		}
	}
	return &usersync.Report{
		RunID: start.RunID, Mode: start.Mode, Status: usersync.StatusOK, Project: start.Project, Budgets: []usersync.Budget{},
		StartedAt: started, FinishedAt: started.Add(time.Minute), DurationSeconds: 60,
	}
}

func (b *bench) changes(ctx context.Context, mirror Mirror, p plan, compared usersync.FieldSet) []usersync.Change {
	b.Helper()
	known := b.known(ctx, mirror, compared, false)
	load := func(id usersync.ID) *usersync.User {
		users, err := mirror.Load(ctx, []usersync.ID{id})
		if err != nil || len(users) != 1 {
			b.Fatalf("load: %d users, %v", len(users), err)
		}
		return users[0]
	}
	var changes []usersync.Change
	for _, user := range p.users {
		before, found := known[user.ID]
		if !found {
			changes = append(changes, usersync.Change{Op: usersync.Create, ID: user.ID, After: user})
			continue
		}
		change := usersync.Change{Op: usersync.Update, ID: user.ID, Before: load(user.ID), After: user}
		if before.Deleted {
			change.Op = usersync.Restore
		}
		change.Fields = usersync.Diff(change.Before, user, compared)
		changes = append(changes, change)
	}
	for _, user := range p.refills {
		changes = append(changes, usersync.Change{Op: usersync.Refill, ID: user.ID, After: user})
	}
	for _, id := range p.deletes {
		changes = append(changes, usersync.Change{Op: usersync.Delete, ID: id, Before: load(id), Erase: p.erase, ConfirmedAt: noon()})
	}
	return changes
}

// publish is a whole run.
func (b *bench) publish(p plan) {
	b.Helper()
	b.open(func(mirror Mirror) {
		report := b.begin(b.Context(), mirror, p)
		if err := mirror.Publish(b.Context(), report); err != nil {
			b.Fatalf("publish: %v", err)
		}
	})
}

// known is everyone the mirror remembers. Nobody may be there twice.
func (b *bench) known(ctx context.Context, mirror Mirror, fields usersync.FieldSet, anew bool) map[usersync.ID]usersync.Known {
	b.Helper()
	all := make(map[usersync.ID]usersync.Known)
	for known, err := range mirror.Known(ctx, fields, anew) {
		if err != nil {
			b.Fatalf("known: %v", err)
		}
		if _, twice := all[known.ID]; twice {
			b.Fatalf("known: user %s is there twice", known.ID)
		}
		all[known.ID] = known
	}
	return all
}

// expect checks that the mirror holds these people and no others: for readers,
// and for the next run, by fingerprints and as loaded.
func (b *bench) expect(fields usersync.FieldSet, live people, gone ...usersync.ID) {
	b.Helper()
	b.expectReaders(fields, live)
	b.open(func(mirror Mirror) {
		held, err := mirror.Holds(b.Context())
		if err != nil {
			b.Fatalf("holds: %v", err)
		}
		if !held.Published || held.Stale || !held.Fields.Equal(fields) {
			b.Fatalf("the mirror says that it holds %v (published %v, stale %v)", held.Fields.Names(), held.Published, held.Stale)
		}
		b.expectKnown(b.known(b.Context(), mirror, fields, false), fields, live, gone)
		loaded, err := mirror.Load(b.Context(), slices.Collect(maps.Keys(live)))
		if err != nil {
			b.Fatalf("load: %v", err)
		}
		b.same(fields, live, loaded)
		// What is really there says the same as what was noted of it.
		b.expectKnown(b.known(b.Context(), mirror, fields, true), fields, live, gone)
	})
}

func (b *bench) expectKnown(known map[usersync.ID]usersync.Known, fields usersync.FieldSet, live people, gone []usersync.ID) {
	b.Helper()
	for id, user := range live {
		k, found := known[id]
		if !found || k.Deleted || k.Fingerprint != usersync.FingerprintOf(user, fields) {
			b.Fatalf("user %s: known %v, deleted %v, with another fingerprint %v", id, found, k.Deleted, found)
		}
		delete(known, id)
	}
	if !b.traits.Tombstones {
		gone = nil
	}
	for _, id := range gone {
		if k, found := known[id]; !found || !k.Deleted {
			b.Fatalf("user %s, who is gone: known %v, deleted %v", id, found, k.Deleted)
		}
		delete(known, id)
	}
	if len(known) > 0 {
		b.Fatalf("%d users are known who should not be", len(known))
	}
}

// expectReaders checks whom a reader sees.
func (b *bench) expectReaders(fields usersync.FieldSet, live people) {
	b.Helper()
	b.same(fields, live, b.Read(b, fields))
}

func (b *bench) same(fields usersync.FieldSet, want people, got []*usersync.User) {
	b.Helper()
	if len(got) != len(want) {
		b.Fatalf("%d users, want %d", len(got), len(want))
	}
	for _, user := range got {
		expected, found := want[user.ID]
		if !found {
			b.Fatalf("user %s should not be there, or not twice", user.ID)
		}
		for f := range usersync.AllFields().All() {
			if _, held := fields.Lookup(f.Name); !held && user.Has(f) {
				b.Fatalf("user %s has a value of %s, which is not mirrored", user.ID, f.Name)
			}
		}
		for _, f := range usersync.Diff(expected, user, fields) {
			b.Fatalf("user %s: %s is %q, want %q", user.ID, f.Name, user.Get(f), expected.Get(f))
		}
	}
}

// somebody makes users that differ in everything, the same for the same seed.
func somebody(fields usersync.FieldSet, seed, n int) (users []*usersync.User, all people) {
	users = usertest.Users(fields, n, n).Example(seed)
	return users, gather(users)
}

func gather(users []*usersync.User) people {
	all := make(people, len(users))
	for _, user := range users {
		all[user.ID] = user
	}
	return all
}

// otherwise is the same user with other values.
func otherwise(user *usersync.User, fields usersync.FieldSet, seed int) *usersync.User {
	for ; ; seed++ {
		other := usertest.UserWithID(user.ID, fields).Example(seed)
		if usersync.FingerprintOf(user, fields) != usersync.FingerprintOf(other, fields) {
			return other
		}
	}
}
