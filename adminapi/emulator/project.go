package emulator

import (
	"iter"
	"slices"
	"time"
)

// Project is the emulated project: its users, roles, groups and audit log. It
// is safe for many goroutines. Every change is one transaction, visible at
// once to the requests that come after it, and leaves the audit log that the
// real server would write.
type Project struct {
	store *store
	quiet bool
}

// Unaudited returns the same project through which changes leave no audit log,
// as the User Import API and the passing of time do.
func (p *Project) Unaudited() *Project { return &Project{store: p.store, quiet: true} }

func (p *Project) change(f func(*store) error) error {
	return p.store.transact(p.quiet, func() error { return f(p.store) })
}

func (p *Project) changeUser(f func(*store) (*User, error)) error {
	return p.change(func(s *store) error {
		_, err := f(s)
		return err
	})
}

// changeAs changes a user and writes the event of the mutation that does so.
func (p *Project) changeAs(mutation string, f func(*store) (*User, error)) error {
	return p.change(func(s *store) error {
		u, err := f(s)
		if err == nil {
			s.logUser(adminEvent(mutation), u, nil)
		}
		return err
	})
}

// Create adds a user, as the mutation createUser does, and returns the id. ID
// and CreatedAt may be given, see User. A login ID or OAuth account that
// another user has is an error. The attributes email, phone_number and
// preferred_username follow the identities: what none of them holds is not
// kept. Roles and groups that do not exist are made.
func (p *Project) Create(u User) (string, error) {
	var id string
	err := p.change(func(s *store) error {
		var err error
		if id, err = s.create(&u); err != nil {
			return err
		}
		r, err := s.find(id)
		if err != nil {
			return err
		}
		s.logUser(adminEvent("create_user"), r.load(), nil)
		return nil
	})
	return id, err
}

// Update changes a user by edit, which gets a copy. UpdatedAt moves by itself
// when attributes or the disabled or deletion status differ afterwards, unless
// edit has set it. ID and CreatedAt must stay. The audit log gets the events
// of whatever differs. It fails with ErrUserNotFound, with the error of edit,
// or when an identity belongs to someone else.
func (p *Project) Update(id string, edit func(*User)) error {
	return p.changeUser(func(s *store) (*User, error) {
		return s.update(id, func(u *User) error { edit(u); return nil })
	})
}

// Delete removes a user for good.
func (p *Project) Delete(id string) error {
	return p.changeAs("delete_user", func(s *store) (*User, error) { return s.delete(id) })
}

// SetDisabled disables a user without end, or enables one again. The reason is
// stored unless empty. It fails when the user is in that state already.
func (p *Project) SetDisabled(id string, disabled bool, reason string) error {
	return p.changeAs("set_disabled_status", func(s *store) (*User, error) {
		if !disabled {
			return s.reenable(id)
		}
		return s.disable(id, nilIfEmpty(reason), nil, nil)
	})
}

// DisableTemporarily disables a user from an instant (inclusive) to another (exclusive).
func (p *Project) DisableTemporarily(id, reason string, from, until time.Time) error {
	return p.changeAs("set_disabled_status", func(s *store) (*User, error) {
		return s.disable(id, nilIfEmpty(reason), &from, &until)
	})
}

// SetValidPeriod sets from when (inclusive) until when (exclusive) the account
// may be used; nil is no limit.
func (p *Project) SetValidPeriod(id string, from, until *time.Time) error {
	return p.changeAs("set_account_valid_period", func(s *store) (*User, error) { return s.setValidPeriod(id, from, until) })
}

// ScheduleDeletion disables a user and sets DeleteAt 30 days ahead.
func (p *Project) ScheduleDeletion(id, reason string) error {
	return p.changeAs("schedule_account_deletion", func(s *store) (*User, error) { return s.scheduleDeletion(id, reason) })
}

// Anonymize removes everything personal from a user, for good.
func (p *Project) Anonymize(id string) error {
	return p.changeAs("anonymize_user", func(s *store) (*User, error) { return s.anonymize(id) })
}

// SetLoginID changes the user's email, phone or username (the key), or adds it.
func (p *Project) SetLoginID(id, key, value string) error {
	return p.changeUser(func(s *store) (*User, error) { return s.setLoginID(id, key, value) })
}

// Login notes that the user logged in at the present. Only LastLoginAt and
// PreviousLoginAt move.
func (p *Project) Login(id string) error {
	return p.changeUser(func(s *store) (*User, error) {
		return s.update(id, func(u *User) error {
			u.PreviousLoginAt, u.LastLoginAt = u.LastLoginAt, new(s.clock())
			return nil
		})
	})
}

// AssignRoles gives a user roles by their keys, in this order.
func (p *Project) AssignRoles(id string, keys ...string) error {
	return p.change(func(s *store) error { return s.assign("role", id, keys) })
}

// UnassignRoles takes roles from a user.
func (p *Project) UnassignRoles(id string, keys ...string) error {
	return p.change(func(s *store) error { return s.unassign("role", id, keys) })
}

// AssignGroups puts a user into groups by their keys, in this order.
func (p *Project) AssignGroups(id string, keys ...string) error {
	return p.change(func(s *store) error { return s.assign("group", id, keys) })
}

// UnassignGroups takes a user out of groups.
func (p *Project) UnassignGroups(id string, keys ...string) error {
	return p.change(func(s *store) error { return s.unassign("group", id, keys) })
}

// Get returns a copy of a user.
func (p *Project) Get(id string) (User, bool) {
	p.store.mu.RLock()
	defer p.store.mu.RUnlock()
	r, err := p.store.find(id)
	if err != nil {
		return User{}, false
	}
	return *r.load().Clone(), true
}

// Len is the number of users.
func (p *Project) Len() int {
	p.store.mu.RLock()
	defer p.store.mu.RUnlock()
	return len(p.store.order)
}

// All yields a copy of every user there is at the call, the newest first. The
// project may be changed meanwhile.
func (p *Project) All() iter.Seq[User] {
	p.store.mu.RLock()
	users := make([]record, len(p.store.order))
	for i, r := range p.store.order {
		users[i] = *r
	}
	p.store.mu.RUnlock()
	return func(yield func(User) bool) {
		for _, r := range slices.Backward(users) {
			if !yield(*r.load().Clone()) {
				return
			}
		}
	}
}

// SetStableTies turns off that users of the very same creation time come in
// another order in every query, which is what PostgreSQL may do.
func (p *Project) SetStableTies(stable bool) {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	p.store.stableTies = stable
}

func nilIfEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
