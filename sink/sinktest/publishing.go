package sinktest

import (
	"slices"

	usersync "usersync/sync"
)

func (b *bench) fresh() {
	b.open(func(mirror Mirror) {
		held, err := mirror.Holds(b.Context())
		if err != nil || held.Published || held.Stale || held.Fields.Len() > 0 {
			b.Errorf("holds %+v, %v", held, err)
		}
		if known := b.known(b.Context(), mirror, usersync.AllFields(), false); len(known) > 0 {
			b.Errorf("%d users are known", len(known))
		}
	})
	b.expectReaders(usersync.AllFields(), nil)
}

func (b *bench) firstRun() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 1, 20)
	b.publish(plan{fields: fields, users: users})
	b.expect(fields, all)
}

func (b *bench) everyChange() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 2, 20)
	b.publish(plan{fields: fields, users: users[:15]})

	changed := make([]*usersync.User, 0, 10)
	for i, user := range users[:5] {
		changed = append(changed, otherwise(user, fields, i))
	}
	changed = append(changed, users[15:]...)
	for _, user := range changed {
		all[user.ID] = user
	}
	gone := []usersync.ID{users[5].ID, users[6].ID}
	for _, id := range gone {
		delete(all, id)
	}
	b.publish(plan{fields: fields, users: changed, deletes: gone, refills: users[7:9]})
	b.expect(fields, all, gone...)
}

func (b *bench) gone() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 3, 3)
	b.publish(plan{fields: fields, users: users})
	gone := []usersync.ID{users[0].ID, users[1].ID}
	b.publish(plan{fields: fields, deletes: gone})
	b.expect(fields, people{users[2].ID: users[2]}, gone...)

	// One comes back as before, the other changed.
	all[gone[1]] = otherwise(users[1], fields, 1)
	b.publish(plan{fields: fields, users: []*usersync.User{all[gone[0]], all[gone[1]]}})
	b.expect(fields, all)
}

func (b *bench) unchanged() {
	fields := usersync.AllFields()
	users, all := somebody(fields, 4, 5)
	b.publish(plan{fields: fields, users: users})
	for range 2 {
		b.publish(plan{fields: fields})
		b.expect(fields, all)
	}
}

func (b *bench) nobody() {
	fields := usersync.AllFields()
	b.publish(plan{fields: fields})
	b.expect(fields, nil)
	users, _ := somebody(fields, 5, 1)
	b.publish(plan{fields: fields, users: users})
	b.publish(plan{fields: fields, deletes: []usersync.ID{users[0].ID}})
	b.expect(fields, nil, users[0].ID)
}

func (b *bench) nothingSeenBefore() {
	fields := usersync.AllFields()
	users, before := somebody(fields, 6, 6)
	b.publish(plan{fields: fields, users: users[:4]})
	delete(before, users[4].ID)
	delete(before, users[5].ID)
	after := gather(users[1:])
	after[users[1].ID] = otherwise(users[1], fields, 6)
	b.open(func(mirror Mirror) {
		report := b.begin(b.Context(), mirror, plan{
			fields: fields, users: []*usersync.User{after[users[1].ID], users[4], users[5]}, deletes: []usersync.ID{users[0].ID},
		})
		b.expectReaders(fields, before)
		if err := mirror.Publish(b.Context(), report); err != nil {
			b.Fatal(err)
		}
		b.expectReaders(fields, after)
	})
}

func (b *bench) otherFields() {
	all := usersync.AllFields()
	few, err := usersync.ParseFields([]string{"email", "roles", "disabled", "custom_attributes", "last_login_at"})
	if err != nil {
		b.Fatal(err)
	}
	users, _ := somebody(all, 7, 8)
	live, gone := users[:7], users[7].ID
	b.publish(plan{fields: all, users: users})
	b.publish(plan{fields: all, deletes: []usersync.ID{gone}})

	b.publish(plan{fields: few, refills: live})
	b.expect(few, gather(live), gone)

	// A real change of one field among those that both have, the rest filled in.
	email, _ := few.Lookup("email")
	live[0].Set(email, "new@example.com")
	b.publish(plan{fields: all, users: live[:1], refills: live[1:]})
	b.expect(all, gather(live), gone)
}

func (b *bench) knownOverSomeFields() {
	all := usersync.AllFields()
	users, _ := somebody(all, 8, 10)
	b.publish(plan{fields: all, users: users})
	few := usersync.FieldsNamed([]string{"created_at", "name", "groups", "address", "identities", "passkey_count", "is_anonymous"})
	b.open(func(mirror Mirror) {
		if _, err := mirror.Holds(b.Context()); err != nil {
			b.Fatal(err)
		}
		known := b.known(b.Context(), mirror, few, false)
		for _, user := range users {
			if known[user.ID].Fingerprint != usersync.FingerprintOf(user, few) {
				b.Errorf("user %s has another fingerprint", user.ID)
			}
		}
	})
}

func (b *bench) loadOrder() {
	fields := usersync.AllFields()
	users, _ := somebody(fields, 9, 7)
	b.publish(plan{fields: fields, users: users})
	slices.Reverse(users)
	b.open(func(mirror Mirror) {
		if _, err := mirror.Holds(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.known(b.Context(), mirror, fields, false)
		ids := make([]usersync.ID, len(users))
		for i, user := range users {
			ids[i] = user.ID
		}
		loaded, err := mirror.Load(b.Context(), ids)
		if err != nil {
			b.Fatal(err)
		}
		for i, user := range loaded {
			if user.ID != ids[i] {
				b.Errorf("place %d has user %s, want %s", i, user.ID, ids[i])
			}
		}
	})
}
