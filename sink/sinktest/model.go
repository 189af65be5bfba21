package sinktest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// model has random runs over random users, some of which come to nothing,
// and compares the mirror with a plain map after each.
func (b *bench) model() {
	outer := b.TB
	rapid.Check(outer, func(r *rapid.T) {
		b := &bench{TB: rapidTB{outer, r}, traits: b.traits, Target: b.Target}
		b.Clear(b)
		fields := usersync.AllFields()
		live := people{}
		var gone []usersync.ID
		for range rapid.IntRange(1, 3).Draw(r, "runs") {
			p := plan{fields: fields, users: usertest.Users(fields, 0, 4).Draw(r, "new users")}
			next, nextGone := make(people), slices.Clone(gone)
			for _, id := range sorted(live) {
				switch rapid.SampledFrom([]string{"keep", "refill", "delete", "change"}).Draw(r, "fate") {
				case "refill":
					p.refills = append(p.refills, live[id])
				case "delete":
					p.deletes = append(p.deletes, id)
					nextGone = append(nextGone, id)
					continue
				case "change":
					p.users = append(p.users, usertest.UserWithID(id, fields).Draw(r, "changed user"))
				}
				next[id] = live[id]
			}
			for _, id := range gone {
				if rapid.Bool().Draw(r, "comes back") {
					p.users = append(p.users, usertest.UserWithID(id, fields).Draw(r, "restored user"))
					nextGone = slices.DeleteFunc(nextGone, func(other usersync.ID) bool { return other == id })
				}
			}
			for _, user := range p.users {
				next[user.ID] = user
			}
			if rapid.IntRange(0, 4).Draw(r, "ends well") > 0 {
				b.publish(p)
				live, gone = next, nextGone
				b.expect(fields, live, gone...)
				continue
			}
			b.open(func(mirror Mirror) {
				report := b.begin(b.Context(), mirror, p)
				if err := mirror.Abandon(b.Context(), report); err != nil {
					b.Fatalf("abandon: %v", err)
				}
			})
			b.expectReaders(fields, live)
		}
	})
}

func sorted(all people) []usersync.ID {
	ids := make([]usersync.ID, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b usersync.ID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// A rapidTB lets rapid see what fails, so that it can look for a smaller case,
// and leaves the rest to the test around it.
type rapidTB struct {
	testing.TB
	rapid *rapid.T
}

func (r rapidTB) Helper()                           { r.rapid.Helper() }
func (r rapidTB) Fatalf(format string, args ...any) { r.rapid.Fatalf(format, args...) }
