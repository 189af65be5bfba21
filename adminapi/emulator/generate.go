package emulator

import (
	"math/rand/v2"
	"time"
)

// generatedSpan is how far into the past generated users reach.
const generatedSpan = 3 * 365 * 24 * time.Hour

// Generate adds n users as a project of several years has them: people of many
// scripts and languages, with and without each attribute, with awkward and long
// values, custom attributes of every JSON type, several identities, roles and
// groups; some disabled, anonymised, to be deleted, never logged in. All email
// addresses are at example.com, .org and .net.
//
// The same n, seed and now give the same users. Their creation times are all
// different, have microseconds and end an hour before now. Users are made anew
// whenever they are read, so that a million of them take about 100 MB. The audit
// log has the making of their roles and groups, long before, and nothing of them.
func Generate(p *Project, n int, seed uint64, now time.Time) {
	s := p.store
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.newGenerator(n, seed, now)
	for i := range n {
		s.insert(&record{id: g.id(i), created: g.createdAt(i).UnixMicro(), batch: g, index: i})
	}
}

// newGenerator prepares another batch of people and the roles and groups they hold.
func (s *store) newGenerator(n int, seed uint64, now time.Time) *generator {
	s.batches++
	g := &generator{n: n, seed: seed, batch: s.batches, now: databaseTime(now), folks: folks(), awkward: awkwardTexts()}
	keys := map[string][]string{"role": generatedRoles(), "group": generatedGroups()}
	for _, kind := range []string{"role", "group"} {
		for i, key := range keys[kind] {
			if s.table(kind).byKey(key) != nil {
				continue
			}
			made := g.now.Add(-generatedSpan).Add(time.Duration(i) * time.Second)
			id := newUUID(rand.New(rand.NewPCG(seed, uint64(len(kind)*1000+i))))
			row := &keyed{id: id.String(), key: key, name: title(key), createdAt: made, updatedAt: made}
			s.table(kind).set(nil, row)
			s.writeRow(made, adminEvent("create_"+kind), "", map[string]any{kind: row.form()})
		}
	}
	return g
}

func generatedRoles() []string { return []string{"admin", "billing", "editor", "support", "viewer"} }

func generatedGroups() []string { return []string{"engineering", "hr", "marketing", "sales"} }

// generator makes the users of one call of Generate, each from its index alone.
type generator struct {
	n       int
	seed    uint64
	batch   int // tells the people of several batches apart
	now     time.Time
	folks   []folk
	awkward []string
}

// dice for user i; the streams of a user's parts differ, so that what is added
// to one part does not change the others.
func (g *generator) dice(i int, part uint64) *rand.Rand {
	return rand.New(rand.NewPCG(g.seed^uint64(g.batch)<<48^part<<40, uint64(i)))
}

func (g *generator) id(i int) uuid { return newUUID(g.dice(i, 1)) }

// createdAt rises with i; the span is cut into n equal parts, one a user.
func (g *generator) createdAt(i int) time.Time {
	step := (generatedSpan - time.Hour) / time.Duration(max(g.n, 1))
	within := time.Duration(g.dice(i, 2).Int64N(int64(step)))
	return g.now.Add(-generatedSpan).Add(time.Duration(i) * step).Add(within).Truncate(time.Microsecond)
}

// identified makes user i with status and identities only, for the indexes,
// which want to know a million users quickly.
func (g *generator) identified(i int) *person {
	made := g.createdAt(i)
	u := &User{
		ID: g.id(i).String(), CreatedAt: made, UpdatedAt: made,
		StandardAttributes: map[string]any{}, CustomAttributes: map[string]any{},
	}
	p := &person{generator: g, User: u, index: i, dice: g.dice(i, 3), folk: &g.folks[g.dice(i, 4).IntN(len(g.folks))]}
	p.status()
	if !u.Anonymized {
		p.identities()
	}
	return p
}

// user makes user i.
func (g *generator) user(i int) *User {
	p := g.identified(i)
	if !p.Anonymized {
		p.attributes()
		p.customAttributes()
		p.membership()
	}
	p.logins()
	p.normalize()
	return p.User
}
