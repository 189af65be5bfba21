package sinktest

import (
	"maps"
	"slices"
	"time"

	usersync "usersync/sync"
)

func (b *bench) project() {
	fields := usersync.AllFields()
	users, _ := somebody(fields, 20, 2)
	expect := func(want usersync.Project) {
		b.open(func(mirror Mirror) {
			held, err := mirror.Holds(b.Context())
			if err != nil || held.Project != want {
				b.Fatalf("holds the users of %v, want %v, %v", held.Project, want, err)
			}
		})
	}
	expect(usersync.Project{})
	b.open(func(mirror Mirror) {
		report := b.begin(b.Context(), mirror, plan{fields: fields, users: users})
		report.Status = usersync.StatusFailed
		if err := mirror.Abandon(b.Context(), report); err != nil {
			b.Fatal(err)
		}
	})
	expect(usersync.Project{})
	b.publish(plan{fields: fields, users: users})
	expect(project())
	// Another project takes it over, with a run that changes nothing else.
	other := usersync.Project{Endpoint: "https://other.authgear.cloud", AppID: "other"}
	b.open(func(mirror Mirror) {
		start := usersync.Start{RunID: "takes-over", Mode: usersync.ModeFull, StartedAt: noon().Add(time.Hour), Version: "test", Project: other, Fields: fields}
		if _, err := mirror.Holds(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := mirror.Begin(b.Context(), start); err != nil {
			b.Fatal(err)
		}
		report := &usersync.Report{RunID: start.RunID, Mode: start.Mode, Status: usersync.StatusOK, Project: other, StartedAt: start.StartedAt, FinishedAt: start.StartedAt}
		if err := mirror.Publish(b.Context(), report); err != nil {
			b.Fatal(err)
		}
	})
	expect(other)
}

func (b *bench) counts() {
	fields := usersync.AllFields()
	users, live := somebody(fields, 21, 30)
	b.publish(plan{fields: fields, users: users})
	gone := users[0].ID
	b.publish(plan{fields: fields, deletes: []usersync.ID{gone}})
	delete(live, gone)
	b.open(func(mirror Mirror) {
		if _, err := mirror.Holds(b.Context()); err != nil {
			b.Fatal(err)
		}
		for f := range fields.All() {
			b.expectCount(mirror, live, f, "", func(u *usersync.User) bool { return u.Has(f) })
		}
		attributes, _ := fields.Lookup("custom_attributes")
		of := func(u *usersync.User) map[string]any {
			return u.Get(attributes).(map[string]any) //nolint:forcetypeassert // so the field table says
		}
		keys := map[string]bool{"nobody has this": true}
		for user := range maps.Values(live) {
			for key := range of(user) {
				keys[key] = true
			}
		}
		delete(keys, "") // would stand for the object as a whole
		for key := range keys {
			b.expectCount(mirror, live, attributes, key, func(u *usersync.User) bool { return of(u)[key] != nil })
		}
		if len(keys) < 5 {
			b.Errorf("only %d keys were met", len(keys))
		}
	})
}

func (b *bench) expectCount(mirror Mirror, live people, f *usersync.Field, key string, has func(*usersync.User) bool) {
	b.Helper()
	want := 0
	for user := range maps.Values(live) {
		if has(user) {
			want++
		}
	}
	if got, err := mirror.Count(b.Context(), f, key); err != nil || got != want {
		b.Errorf("%d users have %s.%q, want %d, %v", got, f.Name, key, want, err)
	}
}

func (b *bench) due() {
	fields := usersync.AllFields()
	field := func(name string) *usersync.Field {
		f, found := fields.Lookup(name)
		if !found {
			b.Fatalf("there is no field %s", name)
		}
		return f
	}
	from, until := noon(), noon().Add(time.Hour)
	var users []*usersync.User
	var want []usersync.ID
	number := byte(0)
	add := func(name string, at time.Time, is bool) {
		number++
		user := usersync.NewUser(usersync.ID{number})
		user.Set(field("created_at"), noon().Add(-time.Hour))
		user.Set(field(name), at)
		users = append(users, user)
		if is {
			want = append(want, user.ID)
		}
	}
	for _, name := range []string{
		"temporarily_disabled_from", "temporarily_disabled_until", "account_valid_from", "account_valid_until", "delete_at", "anonymize_at",
	} {
		add(name, from, false)
		add(name, from.Add(time.Microsecond), true)
		add(name, until, true)
		add(name, until.Add(time.Microsecond), false)
	}
	add("last_login_at", until, false)
	add("created_at", until, false)
	gone := want[0]
	want = want[1:]
	b.publish(plan{fields: fields, users: users})
	b.publish(plan{fields: fields, deletes: []usersync.ID{gone}})
	b.open(func(mirror Mirror) {
		if _, err := mirror.Holds(b.Context()); err != nil {
			b.Fatal(err)
		}
		var got []usersync.ID
		for id, err := range mirror.Due(b.Context(), from, until) {
			if err != nil {
				b.Fatal(err)
			}
			got = append(got, id)
		}
		slices.SortFunc(got, func(a, b usersync.ID) int { return slices.Compare(a[:], b[:]) })
		if !slices.Equal(got, want) {
			b.Errorf("due are %v, want %v", got, want)
		}
	})
}
