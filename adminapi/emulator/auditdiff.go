package emulator

import (
	"slices"
	"strings"
)

// logDifference writes the events that the step from one state of a user to
// the next leaves on the real server, attributes aside.
func (s *store) logDifference(before, after *User) {
	if s.quiet {
		return
	}
	if event := statusEvent(before, after); event != "" {
		s.logUser(event, after, nil)
	}
	if after.LastLoginAt != nil && (before.LastLoginAt == nil || !after.LastLoginAt.Equal(*before.LastLoginAt)) {
		s.logUser("user.authenticated", after, nil)
	}
	if before.Anonymized == after.Anonymized { // otherwise all goes with the one event
		s.logIdentities(before, after)
		s.logVerified(before, after)
		s.logMembership("role", before, after, before.Roles, after.Roles)
		s.logMembership("group", before, after, before.Groups, after.Groups)
	}
}

// statusEvent names the event of a change of status, "" for none. A change of
// the valid period leaves no event but the mutation's own.
func statusEvent(before, after *User) string {
	temporarily := func(u *User) bool { return u.TemporarilyDisabledFrom != nil }
	switch {
	case !before.Anonymized && after.Anonymized:
		return "user.anonymized"
	case before.DeleteAt == nil && after.DeleteAt != nil:
		return "user.deletion_scheduled"
	case before.DeleteAt != nil && after.DeleteAt == nil:
		return "user.deletion_unscheduled"
	case before.AnonymizeAt == nil && after.AnonymizeAt != nil:
		return "user.anonymization_scheduled"
	case before.AnonymizeAt != nil && after.AnonymizeAt == nil:
		return "user.anonymization_unscheduled"
	case !before.Disabled && after.Disabled, !temporarily(before) && temporarily(after):
		return "user.disabled"
	case before.Disabled && !after.Disabled, temporarily(before) && !temporarily(after):
		return "user.reenabled"
	default:
		return ""
	}
}

func (s *store) logIdentities(before, after *User) {
	sameID := func(id string) func(Identity) bool { return func(i Identity) bool { return i.ID == id } }
	for _, was := range before.Identities {
		at := slices.IndexFunc(after.Identities, sameID(was.ID))
		if at < 0 {
			s.logIdentity(after, &was, "removed")
			continue
		}
		is := after.Identities[at]
		if was.LoginID != nil && is.LoginID != nil && *was.LoginID != *is.LoginID {
			s.logUser("identity."+is.LoginID.Type+".updated", after, map[string]any{
				"old_identity": identityForm(&was), "new_identity": identityForm(&is),
			})
		}
	}
	for _, is := range after.Identities {
		if !slices.ContainsFunc(before.Identities, sameID(is.ID)) {
			s.logIdentity(after, &is, "added")
		}
	}
}

// logIdentity writes that an identity was added or removed; each kind has
// words of its own, and passkeys and the like leave nothing.
func (s *store) logIdentity(u *User, i *Identity, done string) {
	extra := map[string]any{"identity": identityForm(i)}
	switch {
	case i.LoginID != nil:
		s.logUser("identity."+i.LoginID.Type+"."+done, u, extra)
	case i.OAuth != nil:
		s.logUser("identity.oauth."+map[string]string{"added": "connected", "removed": "disconnected"}[done], u, extra)
	case i.Type == IdentityBiometric:
		s.logUser("identity.biometric."+map[string]string{"added": "enabled", "removed": "disabled"}[done], u, extra)
	}
}

func (s *store) logVerified(before, after *User) {
	for _, c := range after.VerifiedClaims {
		if !slices.Contains(before.VerifiedClaims, c) {
			s.logUser("identity."+verifiedKind(c)+".verified", after, nil)
		}
	}
	for _, c := range before.VerifiedClaims {
		if !slices.Contains(after.VerifiedClaims, c) {
			s.logUser("identity."+verifiedKind(c)+".unverified", after, nil)
		}
	}
}

func verifiedKind(c Claim) string {
	if c.Name == "phone_number" {
		return "phone"
	}
	return "email"
}

// logMembership writes the mutations that lead from one set of roles (or
// groups) of a user to another. The payload names ids, not keys.
func (s *store) logMembership(kind string, before, after *User, was, is []string) {
	table := &s.roles
	if kind == "group" {
		table = &s.groups
	}
	log := func(mutation string, keys, without []string) {
		changed := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return slices.Contains(without, k) })
		if len(changed) > 0 {
			s.log(adminEvent(mutation), after.ID, map[string]any{
				"user_id": before.ID, kind + "_ids": table.ids(changed),
			})
		}
	}
	log("add_user_to_"+kind+"s", is, was)
	log("remove_user_from_"+kind+"s", was, is)
}

func identityForms(list []Identity) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = identityForm(&list[i])
	}
	return out
}

// identityForm is an identity as events carry it.
func identityForm(i *Identity) map[string]any {
	return map[string]any{
		"id": i.ID, "type": strings.ToLower(string(i.Type)), "claims": i.shownClaims(),
		"created_at": timestamp(i.CreatedAt), "updated_at": timestamp(i.UpdatedAt),
	}
}
