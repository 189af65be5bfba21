package usersync

import (
	"context"
	"fmt"
	"slices"
)

// A user who is deleted while a page is being loaded can come out torn: Authgear
// reads identities, roles, groups and verified claims after the attributes, and
// answers without any error that there are none. Published, that would be a
// change that never happened. So whoever has lost all of one of these, and whoever
// is new and has no identity, is asked for once more, by id.

// mayBeTorn says whether a user who differs looks like that. Few who are whole
// do: those whose last role was taken, those who were anonymised, and those who
// were imported without an identity.
func (r *run) mayBeTorn(p found) bool {
	for f := range r.compared.All() {
		switch f.From {
		case "identities", "roles", "groups", "verifiedClaims":
			expected := p.before != nil && p.before.Has(f) || p.op == Create && f.Name == "identities"
			if expected && !p.user.Has(f) {
				return true
			}
		}
	}
	return false
}

// mendTorn asks again for pending users who may be torn. Whoever is gone by now
// counts as not seen, and will be asked for once more beside controls.
func (r *run) mendTorn(ctx context.Context) error {
	var ids []ID
	for _, p := range r.pending {
		if r.mayBeTorn(p) {
			ids = append(ids, p.user.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	whole := make(map[ID]*User, len(ids))
	for batch := range slices.Chunk(ids, LookupBatch) {
		answers, err := r.Source.Lookup(ctx, batch, r.Fields)
		if err != nil {
			return fmt.Errorf("ask for %d users once more: %w", len(batch), err)
		}
		if len(answers) != len(batch) {
			return fmt.Errorf("ask for %d users once more: %d answers", len(batch), len(answers))
		}
		for i, id := range batch {
			whole[id] = answers[i]
		}
	}
	kept := r.pending[:0]
	for _, p := range r.pending {
		user, asked := whole[p.user.ID]
		switch {
		case !asked:
			kept = append(kept, p)
		case user == nil:
			r.register.unsee(p.user.ID)
			r.controls.withdraw(p.user.ID)
		default:
			if r.ReplaceNUL {
				user.replaceNUL()
			}
			p.user, p.mended = user, true
			kept = append(kept, p)
		}
	}
	clear(r.pending[len(kept):])
	r.pending = kept
	return nil
}
