package emulator

import (
	"hash/maphash"
	"slices"
)

// claimIndex finds users by what identifies them: email, phone number,
// username, OAuth account. It keeps hashes, not strings (a million users have
// three million keys), so a hit is only a candidate that has to be compared.
type claimIndex struct {
	seed   maphash.Seed
	first  map[uint64]*record
	others map[uint64][]*record // further records of the same hash; rare
}

// claimsOf names what identifies a user, each as "name:value".
func claimsOf(identities []Identity) []string {
	var keys []string
	for i := range identities {
		identity := &identities[i]
		for _, name := range []string{"email", "phone_number", "preferred_username"} {
			if value := identity.ownedClaim(name); value != "" {
				keys = append(keys, claimKey(name, value))
			}
		}
		if o := identity.OAuth; o != nil {
			keys = append(keys, oauthKey(o.ProviderAlias, o.SubjectID))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func claimKey(name, value string) string { return name + ":" + value }

func oauthKey(alias, subject string) string { return "oauth:" + alias + ":" + subject }

// holders returns the users who own a claim, oldest first.
func (s *store) holders(key string) []*record {
	if s.claims == nil {
		s.claims = &claimIndex{seed: maphash.MakeSeed(), first: map[uint64]*record{}, others: map[uint64][]*record{}}
		for _, r := range s.order {
			s.claims.add(r)
		}
	}
	x := s.claims
	hash := maphash.String(x.seed, key)
	var found []*record
	if r, ok := x.first[hash]; ok {
		found = append(found, r)
	}
	found = append(found, x.others[hash]...)
	found = slices.DeleteFunc(found, func(r *record) bool { return !slices.Contains(claimsOf(r.identities()), key) })
	slices.SortFunc(found, func(a, b *record) int { return int(a.created - b.created) })
	return found
}

func (x *claimIndex) add(r *record) {
	if x == nil {
		return
	}
	for _, key := range claimsOf(r.identities()) {
		hash := maphash.String(x.seed, key)
		if _, taken := x.first[hash]; taken {
			x.others[hash] = append(x.others[hash], r)
			continue
		}
		x.first[hash] = r
	}
}

func (x *claimIndex) remove(r *record) {
	if x == nil {
		return
	}
	for _, key := range claimsOf(r.identities()) {
		hash := maphash.String(x.seed, key)
		rest := slices.DeleteFunc(x.others[hash], func(o *record) bool { return o == r })
		if x.first[hash] == r {
			delete(x.first, hash)
			if len(rest) > 0 {
				x.first[hash], rest = rest[0], rest[1:]
			}
		}
		if len(rest) == 0 {
			delete(x.others, hash)
		} else {
			x.others[hash] = rest
		}
	}
}
