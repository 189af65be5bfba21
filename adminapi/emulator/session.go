package emulator

import (
	"context"
	"time"
)

// session is what the resolvers of one request work on.
type session struct {
	store *store
	// inTransaction is set while a mutation holds the store; a query takes it
	// for each read, so the project can change between two of them.
	inTransaction bool
	// afterList is called between the listing of a page and the loading of its users.
	afterList func()
}

type sessionKey struct{}

func withSession(ctx context.Context, s *session) context.Context {
	return context.WithValue(ctx, sessionKey{}, s)
}

func sessionOf(ctx context.Context) *session { return ctx.Value(sessionKey{}).(*session) }

// read runs f on the store, which f must not change.
func (s *session) read(f func(*store)) {
	if s.inTransaction {
		f(s.store)
		return
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	f(s.store)
}

// search runs f where it may build indexes or number a query.
func (s *session) search(f func(*store)) {
	if s.inTransaction {
		f(s.store)
		return
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	f(s.store)
}

func (s *session) now() time.Time { return s.store.clock() }

// user loads one user by the spelling of the id, nil when there is none.
func (s *session) user(id string) *User {
	var u *User
	s.read(func(st *store) {
		if r, err := st.find(id); err == nil {
			u = r.load()
		}
	})
	return u
}
