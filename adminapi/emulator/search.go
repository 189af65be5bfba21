package emulator

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// The search engine is another database than the users', kept up to date after
// the fact. What it answers is a list of ids from the past.

// ghost is a deleted user whom the search engine still knows until an instant.
type ghost struct {
	user  *User
	until time.Time
}

// haunt keeps a deleted user in the search engine for its lag.
func (s *store) haunt(u *User) {
	if s.searchLag <= 0 {
		return
	}
	now := s.clock()
	kept := s.ghosts
	s.ghosts = slices.DeleteFunc(slices.Clone(s.ghosts), func(g ghost) bool { return !g.until.After(now) })
	s.ghosts = append(s.ghosts, ghost{user: u, until: now.Add(s.searchLag)})
	s.undo = append(s.undo, func() { s.ghosts = kept })
}

// SetSearchLag sets how long the search engine is behind the users, by the
// project's clock: new users are not found yet, deleted ones still are, and
// then drop out of their page. Zero, the default, is no lag.
func (p *Project) SetSearchLag(lag time.Duration) {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	p.store.searchLag = lag
}

// searchQuery is what the search mode of users is asked for.
type searchQuery struct {
	keyword             string
	roleKeys, groupKeys []string
	order               userOrder
	after               string // a time, as the cursor of an earlier edge
	limit               int
}

// hit is one row of the search engine's answer.
type hit struct {
	id     uuid
	cursor string
}

// search returns hits ordered by time. Users who share the time of the cursor
// are left out, as the server compares by < and >.
func (s *store) search(q searchQuery) ([]hit, error) {
	var after time.Time
	if q.after != "" {
		var err error
		if after, err = time.Parse(time.RFC3339Nano, q.after); err != nil {
			return nil, err // PostgreSQL refuses it too, and clients see "unexpected error"
		}
	}
	now := s.clock()
	var found []*User
	consider := func(u *User) {
		if s.matches(&q, u) && (after.IsZero() || q.isAfter(u, after)) {
			found = append(found, u)
		}
	}
	for _, r := range s.order {
		if u := r.load(); !u.CreatedAt.Add(s.searchLag).After(now) {
			consider(u)
		}
	}
	for _, g := range s.ghosts {
		if g.until.After(now) {
			consider(g.user)
		}
	}
	slices.SortStableFunc(found, q.compare)
	found = found[:min(len(found), q.limit)]
	hits := make([]hit, len(found))
	for i, u := range found {
		at := q.key(u)
		if at == nil {
			return nil, errNoLastLogin
		}
		id, err := parseUUID(u.ID)
		if err != nil {
			return nil, err
		}
		hits[i] = hit{id: id, cursor: timestamp(*at)}
	}
	return hits, nil
}

// errNoLastLogin is where the real server dereferences a null
// *(source: pgsearch/store.go)*.
var errNoLastLogin = unexpected()

func (q *searchQuery) key(u *User) *time.Time {
	if q.order.byLogin {
		return u.LastLoginAt
	}
	return &u.CreatedAt
}

// compare puts users without a time last in both directions.
func (q *searchQuery) compare(a, b *User) int {
	ta, tb := q.key(a), q.key(b)
	switch {
	case ta == nil && tb == nil:
		return 0
	case ta == nil:
		return 1
	case tb == nil:
		return -1
	case q.order.ascending:
		return ta.Compare(*tb)
	default:
		return tb.Compare(*ta)
	}
}

func (q *searchQuery) isAfter(u *User, after time.Time) bool {
	t := q.key(u)
	if t == nil {
		return false
	}
	if q.order.ascending {
		return t.After(after)
	}
	return t.Before(after)
}

// matches finds roles by groups, too *(source: search/reindex)*.
func (s *store) matches(q *searchQuery, u *User) bool {
	for _, key := range q.roleKeys {
		if !slices.Contains(u.Roles, key) && !s.hasByGroup(u, key) {
			return false
		}
	}
	for _, key := range q.groupKeys {
		if !slices.Contains(u.Groups, key) {
			return false
		}
	}
	return q.keyword == "" || matchesKeyword(u, q.keyword)
}

// matchesKeyword finds exact values (id, email, its parts, phone, username,
// gender, …) and words of names and addresses; with three letters or more also
// beginnings of words.
func matchesKeyword(u *User, keyword string) bool {
	if u.ID == keyword {
		return true
	}
	wanted := words(keyword)
	var text []string
	for i := range u.Identities {
		for _, name := range []string{"email", "phone_number", "preferred_username"} {
			value := u.Identities[i].ownedClaim(name)
			local, domain, _ := strings.Cut(value, "@")
			if keyword == value || keyword == local || keyword == domain {
				return true
			}
			text = append(text, words(value)...)
		}
	}
	for _, name := range []string{"gender", "zoneinfo", "locale"} {
		if u.attribute(name) == keyword {
			return true
		}
	}
	for _, name := range []string{"name", "given_name", "middle_name", "family_name", "nickname"} {
		text = append(text, words(u.attribute(name))...)
	}
	address, _ := u.StandardAttributes["address"].(map[string]any)
	for _, value := range address {
		if s, ok := value.(string); ok {
			text = append(text, words(s)...)
		}
	}
	everyWord := len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(text, w) })
	prefix := strings.ToLower(keyword)
	return everyWord || len(keyword) >= 3 &&
		slices.ContainsFunc(text, func(w string) bool { return strings.HasPrefix(w, prefix) })
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
