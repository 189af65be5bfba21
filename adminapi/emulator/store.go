package emulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"time"
)

// store is the emulated database. Everything in it is read under mu held for
// reading and changed inside a transaction (see transact). Users in it are
// never changed in place: a change puts a new *User into the record, so what a
// reader took out stays as it was.
type store struct {
	mu     sync.RWMutex
	appID  string
	now    func() time.Time
	random *rand.Rand // ids

	byID  map[uuid]*record
	order []*record // ascending by creation; equal times in order of insertion
	// batches counts calls of Generate, so that each makes other people.
	batches int

	claims     *claimIndex // nil until someone looks a user up
	loginOrder []*record   // by PreviousLoginAt, nils last; nil when out of date
	roles      keyTable
	groups     keyTable
	audit      []auditRow
	quiet      bool          // the running transaction leaves no audit log
	noAudit    bool          // no transaction does, and the log shows as empty
	auditShown time.Duration // how old the rows are that the log shows; 0: any age

	ghosts     []ghost // deleted users whom the search engine still knows
	searchLag  time.Duration
	stableTies bool
	queries    uint64 // lists read so far; decides how ties are ordered

	loginIDs         []string                   // the keys that are enabled
	customAttributes map[string]CustomAttribute // nil: any
	undo             []func()                   // how to take the running transaction back, last first
}

// record is one user's place in the store, about 50 bytes.
type record struct {
	id      uuid
	created int64      // microseconds since 1970
	user    *User      // nil: made anew by batch whenever it is asked for
	batch   *generator // who makes the user
	index   int        // which of the batch's users
}

func (r *record) load() *User {
	if r.user != nil {
		return r.user
	}
	return r.batch.user(r.index)
}

// identities are the user's; cheaper than load for one made on demand.
func (r *record) identities() []Identity {
	if r.user != nil {
		return r.user.Identities
	}
	return r.batch.identified(r.index).Identities
}

func newStore(appID string, now func() time.Time, seed uint64) *store {
	return &store{
		appID:  appID,
		now:    now,
		random: rand.New(rand.NewPCG(seed, 0x5eed)),
		byID:   map[uuid]*record{},

		loginIDs: loginIDKeys(),
	}
}

// clock is the present in the database's precision.
func (s *store) clock() time.Time { return databaseTime(s.now()) }

// transact runs one transaction: when f fails, nothing of it remains.
func (s *store) transact(quiet bool, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = quiet
	err := f()
	if err != nil {
		for _, back := range slices.Backward(s.undo) {
			back()
		}
	}
	clear(s.undo)
	s.undo = s.undo[:0]
	return err
}

// find returns a user's record by the spelling of the id.
func (s *store) find(id string) (*record, error) {
	key, err := parseUUID(id)
	if err != nil {
		return nil, ErrUserNotFound
	}
	r, ok := s.byID[key]
	if !ok {
		return nil, ErrUserNotFound
	}
	return r, nil
}

// add stores a new, normalised user.
func (s *store) add(u *User) error {
	id, err := parseUUID(u.ID)
	if err != nil {
		return fmt.Errorf("add user: %w", err)
	}
	if _, taken := s.byID[id]; taken {
		return fmt.Errorf("add user %s: the id is taken", u.ID)
	}
	r := &record{id: id, created: u.CreatedAt.UnixMicro(), user: u}
	s.insert(r)
	s.undo = append(s.undo, func() { s.remove(r) })
	return nil
}

// drop takes a user out.
func (s *store) drop(r *record) {
	s.remove(r)
	s.undo = append(s.undo, func() { s.insert(r) })
}

// replace puts another state of the same user in place.
func (s *store) replace(r *record, u *User) {
	before := *r
	s.swap(r, record{id: r.id, created: r.created, user: u})
	s.undo = append(s.undo, func() { s.swap(r, before) })
}

// insert, remove and swap keep the indexes right; they are their own inverses
// and so need no entry in the undo list.
func (s *store) insert(r *record) {
	at := len(s.order)
	if at > 0 && s.order[at-1].created > r.created {
		at = sort.Search(at, func(i int) bool { return s.order[i].created > r.created })
	}
	s.order = slices.Insert(s.order, at, r)
	s.byID[r.id] = r
	s.claims.add(r)
	s.loginOrder = nil
}

func (s *store) remove(r *record) {
	at := sort.Search(len(s.order), func(i int) bool { return s.order[i].created >= r.created })
	for s.order[at] != r {
		at++
	}
	s.order = slices.Delete(s.order, at, at+1)
	delete(s.byID, r.id)
	s.claims.remove(r)
	s.loginOrder = nil
}

func (s *store) swap(r *record, state record) {
	s.claims.remove(r)
	*r = state
	s.claims.add(r)
	s.loginOrder = nil
}
