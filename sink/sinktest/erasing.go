package sinktest

import (
	"slices"

	usersync "usersync/sync"
)

func (b *bench) erased() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 26, 6)
	b.publish(plan{fields: fields, users: users})
	for n, erase := range []usersync.Erasure{usersync.EraseNothing, usersync.EraseHistory, usersync.EraseValues, usersync.EraseUser} {
		id := users[n].ID
		delete(all, id)
		b.publish(plan{fields: fields, deletes: []usersync.ID{id}, erase: erase})
		b.open(func(mirror Mirror) {
			if _, err := mirror.Holds(b.Context()); err != nil {
				b.Fatal(err)
			}
			known, found := b.known(b.Context(), mirror, fields, false)[id]
			if want := b.traits.Tombstones && erase != usersync.EraseUser; found != want || found && !known.Deleted {
				b.Fatalf("erased to degree %d: known %v, deleted %v", erase, found, known.Deleted)
			}
			if found {
				b.expectErased(mirror, users[n], fields, erase >= usersync.EraseValues)
			}
		})
		b.expectReaders(fields, all)
	}
	// They may all come back, as any who were gone.
	b.publish(plan{fields: fields, users: users[:4]})
	b.expect(fields, gather(users))
}

// expectErased checks what the mirror still knows of a user who is gone.
func (b *bench) expectErased(mirror Mirror, before *usersync.User, fields usersync.FieldSet, empty bool) {
	b.Helper()
	loaded, err := mirror.Load(b.Context(), []usersync.ID{before.ID})
	if err != nil || len(loaded) != 1 {
		b.Fatalf("load: %d users, %v", len(loaded), err)
	}
	for f := range fields.All() {
		switch {
		case empty && f.Kind != usersync.Time && loaded[0].Has(f):
			b.Errorf("a value of %s is still there", f.Name)
		case (!empty || f.Name == "created_at") && len(usersync.Diff(before, loaded[0], only(f))) > 0:
			b.Errorf("%s is %q, want %q", f.Name, loaded[0].Get(f), before.Get(f))
		}
	}
}

func only(f *usersync.Field) usersync.FieldSet { return usersync.FieldsNamed([]string{f.Name}) }

func (b *bench) anonymised() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 27, 3)
	b.publish(plan{fields: fields, users: users})
	after := otherwise(users[0], fields, 27)
	all[after.ID] = after
	b.open(func(mirror Mirror) {
		report := b.begin(b.Context(), mirror, plan{fields: fields})
		change := usersync.Change{
			Op: usersync.Update, ID: after.ID, Before: users[0], After: after,
			Fields: usersync.Diff(users[0], after, fields), Erase: usersync.EraseHistory,
		}
		if err := mirror.Stage(b.Context(), []usersync.Change{change}); err != nil {
			b.Fatal(err)
		}
		if err := mirror.Publish(b.Context(), report); err != nil {
			b.Fatal(err)
		}
	})
	b.expect(fields, all)
}

func (b *bench) forgotten() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 28, 6)
	b.publish(plan{fields: fields, users: users})
	b.publish(plan{fields: fields, deletes: []usersync.ID{users[4].ID}})
	delete(all, users[4].ID)

	var forgotten []usersync.ID
	for n, mode := range []usersync.Erasure{usersync.EraseValues, usersync.EraseUser} {
		// One who is there, twice, and one whom nobody knows.
		ids := []usersync.ID{users[n].ID, users[n].ID, {byte(n + 1), 0xff}}
		rows := 1
		if mode == usersync.EraseUser {
			ids = append(ids, users[4].ID) // is gone already
			rows += b.traits.tombstones()
		}
		forgotten = append(forgotten, ids...)
		delete(all, users[n].ID)
		b.open(func(mirror Mirror) {
			if found, err := mirror.Forget(b.Context(), ids, mode); err != nil || found != rows {
				b.Fatalf("found %d of them, want %d; %v", found, rows, err)
			}
		})
		b.expectReaders(fields, all)
		b.open(func(mirror Mirror) {
			if _, err := mirror.Holds(b.Context()); err != nil {
				b.Fatal(err)
			}
			known, found := b.known(b.Context(), mirror, fields, false)[users[n].ID]
			if want := b.traits.Tombstones && mode == usersync.EraseValues; found != want || found && !known.Deleted {
				b.Fatalf("forgotten to degree %d: known %v, deleted %v", mode, found, known.Deleted)
			}
			if found {
				b.expectErased(mirror, users[n], fields, true)
			}
			b.expectForgotten(mirror, forgotten, gather(users[2:4]))
			for report, err := range mirror.Runs(b.Context()) {
				if err != nil || report.Mode != "forget" || report.Status != usersync.StatusOK || report.RunID == "" {
					b.Errorf("the ledger's last run is %+v, %v", report, err)
				}
				break
			}
		})
	}
	b.open(func(mirror Mirror) {
		if _, err := mirror.Forget(b.Context(), []usersync.ID{users[2].ID}, usersync.EraseHistory); err == nil {
			b.Error("people were forgotten to a degree that means something else")
		}
	})
	// Runs go on, and the list stays.
	changed := otherwise(users[3], fields, 28)
	all[changed.ID] = changed
	b.publish(plan{fields: fields, users: []*usersync.User{changed}})
	b.expect(fields, all, users[0].ID)
	b.open(func(mirror Mirror) { b.expectForgotten(mirror, forgotten, all) })
}

// tombstones is how many rows there are of a user who is gone.
func (t Traits) tombstones() int {
	if t.Tombstones {
		return 1
	}
	return 0
}

func (b *bench) expectForgotten(mirror Mirror, ids []usersync.ID, others people) {
	b.Helper()
	is, err := mirror.Forgotten(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if is == nil {
		b.Fatal("nobody is forgotten")
	}
	if n := slices.IndexFunc(ids, func(id usersync.ID) bool { return !is(id) }); n >= 0 {
		b.Errorf("user %s is not forgotten", ids[n])
	}
	for id := range others {
		if is(id) {
			b.Errorf("user %s is forgotten", id)
		}
	}
}

func (b *bench) forgottenBefore() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 29, 3)
	b.open(func(mirror Mirror) {
		if is, err := mirror.Forgotten(b.Context()); err != nil || is != nil {
			b.Fatalf("somebody is forgotten in a fresh mirror, or not as is said, %v", err)
		}
		if _, err := mirror.Forget(b.Context(), []usersync.ID{users[0].ID}, usersync.EraseUser); err != nil {
			b.Fatal(err)
		}
		held, err := mirror.Holds(b.Context())
		if err != nil || held.Published {
			b.Errorf("holds %+v, %v", held, err)
		}
	})
	b.expectReaders(fields, nil)
	delete(all, users[0].ID)
	b.publish(plan{fields: fields, users: users[1:]})
	b.expect(fields, all)
	b.open(func(mirror Mirror) { b.expectForgotten(mirror, []usersync.ID{users[0].ID}, all) })
}
