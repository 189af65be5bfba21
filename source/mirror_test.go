package source_test

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	usersync "usersync/sync"
)

// A notebook is a mirror in memory, which keeps nobody who is gone.
type notebook struct {
	users   map[usersync.ID]*usersync.User
	staged  []usersync.Change
	start   usersync.Start
	held    usersync.Held
	reports []*usersync.Report // the latest last
}

var _ usersync.Mirror = (*notebook)(nil)

func newNotebook() *notebook { return &notebook{users: make(map[usersync.ID]*usersync.User)} }

func (n *notebook) Holds(context.Context) (usersync.Held, error) { return n.held, nil }

func (n *notebook) Known(_ context.Context, fields usersync.FieldSet, _ bool) iter.Seq2[usersync.Known, error] {
	return func(yield func(usersync.Known, error) bool) {
		for id, u := range n.users {
			if !yield(usersync.Known{ID: id, Fingerprint: usersync.FingerprintOf(u, fields)}, nil) {
				return
			}
		}
	}
}

func (n *notebook) Load(_ context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		users[i] = n.users[id]
	}
	return users, nil
}

func (n *notebook) Count(context.Context, *usersync.Field, string) (int, error) {
	return len(n.users), nil
}

// Due yields the users whose state of the account begins or ends.
func (n *notebook) Due(_ context.Context, from, until time.Time) iter.Seq2[usersync.ID, error] {
	states := usersync.FieldsNamed([]string{"account_valid_from", "account_valid_until", "temporarily_disabled_from", "temporarily_disabled_until"})
	return func(yield func(usersync.ID, error) bool) {
		for id, u := range n.users {
			for f := range states.All() {
				if at, some := u.Get(f).(time.Time); some && at.After(from) && !at.After(until) && !yield(id, nil) {
					return
				}
			}
		}
	}
}

func (n *notebook) Forgotten(context.Context) (func(usersync.ID) bool, error) { return nil, nil }

func (n *notebook) Runs(context.Context) iter.Seq2[*usersync.Report, error] {
	return func(yield func(*usersync.Report, error) bool) {
		for _, report := range slices.Backward(n.reports) {
			if !yield(report, nil) {
				return
			}
		}
	}
}

func (n *notebook) Refused(context.Context, string) ([]usersync.ID, bool, error) {
	return nil, false, nil
}

func (n *notebook) Begin(_ context.Context, start usersync.Start) error {
	n.start, n.staged = start, nil
	return nil
}

func (n *notebook) Beat(context.Context) error { return nil }

func (n *notebook) Stage(_ context.Context, changes []usersync.Change) error {
	n.staged = append(n.staged, changes...)
	return nil
}

func (n *notebook) Publish(_ context.Context, report *usersync.Report) error {
	for _, c := range n.staged {
		if c.Op == usersync.Delete {
			delete(n.users, c.ID)
		} else {
			n.users[c.ID] = c.After
		}
	}
	n.held = usersync.Held{Fields: n.start.Fields, Published: true, Project: n.start.Project}
	n.reports = append(n.reports, new(*report))
	return nil
}

func (n *notebook) Abandon(context.Context, *usersync.Report) error { return nil }

// A complainer is a test, or a draw of one.
type complainer interface {
	Helper()
	Errorf(format string, args ...any)
}

// expectEqual compares two notebooks user by user and field by field.
func expectEqual(t complainer, got, want *notebook) {
	t.Helper()
	for id, u := range want.users {
		if got.users[id] == nil {
			t.Errorf("user %s is missing", id)
			continue
		}
		for _, f := range usersync.Diff(got.users[id], u, usersync.AllFields()) {
			t.Errorf("user %s: %s is %v, want %v", id, f.Name, got.users[id].Get(f), u.Get(f))
		}
	}
	for id := range maps.Keys(got.users) {
		if want.users[id] == nil {
			t.Errorf("user %s is there and should be gone", id)
		}
	}
}
