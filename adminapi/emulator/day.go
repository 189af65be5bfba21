package emulator

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// DayChanges counts what a Day brought. No user is counted twice, so a mirror
// of the day before sees Joined users created, Left deleted, and the rest
// updated.
type DayChanges struct{ Joined, Left, NewEmail, NewRole, Disabled int }

// Updated is the number of users who changed and stayed.
func (c DayChanges) Updated() int { return c.NewEmail + c.NewRole + c.Disabled }

// Day changes the project as a day does: about one user in a hundred joins,
// one in two hundred leaves, changes the email, gets a role or is disabled; at
// least one of each as long as there are five to choose from. It is
// deterministic for a seed and the users there are, happens at the present of
// the project's clock, and leaves its audit log.
func Day(p *Project, seed uint64) (DayChanges, error) {
	dice := rand.New(rand.NewPCG(seed, 0xda1))
	var candidates []string // in the order of creation, which is the same in every run
	for u := range p.All() {
		if !u.Anonymized && !u.Disabled && u.TemporarilyDisabledFrom == nil {
			candidates = append(candidates, u.ID)
		}
	}
	dice.Shuffle(len(candidates), func(a, b int) { candidates[a], candidates[b] = candidates[b], candidates[a] })
	var done DayChanges
	joining := max(1, p.Len()/100)
	newcomers := p.newcomers(joining, seed)
	each := min(max(1, p.Len()/200), len(candidates)/4)
	happenings := []struct {
		count  *int
		happen func(id string, n int) error
	}{
		{&done.Left, func(id string, _ int) error { return p.Delete(id) }},
		{&done.NewEmail, func(id string, n int) error {
			return p.SetLoginID(id, "email", fmt.Sprintf("moved%d.day%d@example.org", n, newcomers.batch))
		}},
		{&done.NewRole, func(id string, _ int) error { return p.toggleRole(id) }},
		{&done.Disabled, func(id string, _ int) error { return p.SetDisabled(id, true, "end of the day") }},
	}
	for i, h := range happenings {
		for n := range each {
			if err := h.happen(candidates[i*each+n], n); err != nil {
				return done, fmt.Errorf("change a user of the day: %w", err)
			}
			*h.count++
		}
	}
	for i := range joining {
		if _, err := p.Create(*newcomers.justJoined(i)); err != nil {
			return done, fmt.Errorf("create a user of the day: %w", err)
		}
		done.Joined++
	}
	return done, nil
}

// toggleRole gives the role viewer, or takes it from who has it.
func (p *Project) toggleRole(id string) error {
	return p.Update(id, func(u *User) {
		for i, key := range u.Roles {
			if key == "viewer" {
				u.Roles = append(u.Roles[:i], u.Roles[i+1:]...)
				return
			}
		}
		u.Roles = append(u.Roles, "viewer")
	})
}

// newcomers prepares people whom no earlier batch contains.
func (p *Project) newcomers(n int, seed uint64) *generator {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	return p.store.newGenerator(n, seed, p.store.clock())
}

// justJoined is person i, who joins at the present: a millisecond after the one before.
func (g *generator) justJoined(i int) *User {
	u := g.user(i)
	at := g.now.Add(time.Duration(i-g.n) * time.Millisecond)
	u.CreatedAt, u.UpdatedAt, u.LastLoginAt, u.PreviousLoginAt = at, at, nil, nil
	for k := range u.Identities {
		u.Identities[k].CreatedAt, u.Identities[k].UpdatedAt = at, at
	}
	return u
}
