package emulator

import (
	"time"

	"github.com/graphql-go/graphql"
)

// newIdentityType is what a user's identities look like.
func newIdentityType(node, entity *graphql.Interface) *graphql.Object {
	claims := show(nonNull(jsonScalar("IdentityClaims")), func(*Identity) any { return nil })
	claims.Args = graphql.FieldConfigArgument{"names": {Type: listOf(graphql.String)}}
	claims.Resolve = func(p graphql.ResolveParams) (any, error) {
		shown := p.Source.(*Identity).shownClaims()
		names, ok := p.Args["names"].([]any)
		if !ok {
			return shown, nil
		}
		some := map[string]any{}
		for _, name := range names {
			if value, ok := shown[name.(string)]; ok {
				some[name.(string)] = value
			}
		}
		return some, nil
	}
	return graphql.NewObject(graphql.ObjectConfig{
		Name: "Identity", Interfaces: []*graphql.Interface{node, entity},
		Fields: graphql.Fields{
			"id":        show(nonNull(graphql.ID), func(i *Identity) any { return nodeID("Identity", i.ID) }),
			"type":      show(nonNull(newIdentityKind()), func(i *Identity) any { return string(i.Type) }),
			"createdAt": show(nonNull(graphql.DateTime), func(i *Identity) any { return i.CreatedAt }),
			"updatedAt": show(nonNull(graphql.DateTime), func(i *Identity) any { return i.UpdatedAt }),
			"claims":    claims,
		},
	})
}

func newIdentityKind() *graphql.Enum {
	values := map[string]any{}
	for _, t := range []IdentityType{
		IdentityLoginID, IdentityOAuth, IdentityAnonymous, IdentityBiometric,
		IdentityPasskey, IdentitySIWE, IdentityLDAP,
	} {
		values[string(t)] = string(t)
	}
	return enum("IdentityType", values)
}

// newUserType is the user, without what the emulator does not keep
// (authenticators, sessions, authorizations, lockout). Fields that refer to
// roles and groups are added by linkMembership.
func newUserType(node, entity *graphql.Interface, identity, identities *graphql.Object) *graphql.Object {
	claim := graphql.NewObject(graphql.ObjectConfig{Name: "Claim", Fields: graphql.Fields{
		"name":  show(nonNull(graphql.String), func(c Claim) any { return c.Name }),
		"value": show(nonNull(graphql.String), func(c Claim) any { return c.Value }),
	}})
	fields := userScalars()
	fields["verifiedClaims"] = show(nonNull(listOf(claim)), func(u *User) any {
		if u.VerifiedClaims == nil {
			return []Claim{}
		}
		return u.VerifiedClaims
	})
	fields["identities"] = &graphql.Field{
		Type: identities,
		Args: connectionArgs(map[string]graphql.Input{"identityType": identity.Fields()["type"].Type.(*graphql.NonNull).OfType.(*graphql.Enum)}),
		Resolve: func(p graphql.ResolveParams) (any, error) {
			kind, _ := p.Args["identityType"].(string)
			return arrayConnection(identitiesOf(p.Source.(*User), IdentityType(kind)), p.Args), nil
		},
	}
	for name, kind := range map[string]IdentityType{
		"loginIDs": IdentityLoginID, "oauthConnections": IdentityOAuth,
		"biometricRegistrations": IdentityBiometric, "passkeys": IdentityPasskey,
	} {
		fields[name] = show(nonNull(listOf(identity)), func(u *User) any { return identitiesOf(u, kind) })
	}
	return graphql.NewObject(graphql.ObjectConfig{
		Name: "User", Interfaces: []*graphql.Interface{node, entity}, Fields: fields,
	})
}

// identitiesOf returns the identities of a kind, all of them for "".
func identitiesOf(u *User, kind IdentityType) []any {
	out := []any{}
	for i := range u.Identities {
		if kind == "" || u.Identities[i].Type == kind {
			out = append(out, &u.Identities[i])
		}
	}
	return out
}

func userScalars() graphql.Fields {
	when := func(get func(*User) *time.Time) *graphql.Field {
		return show(graphql.DateTime, func(u *User) any { return get(u) })
	}
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	flag := nonNull(graphql.Boolean)
	return graphql.Fields{
		"id":                  show(nonNull(graphql.ID), func(u *User) any { return nodeID("User", u.ID) }),
		"createdAt":           show(nonNull(graphql.DateTime), func(u *User) any { return u.CreatedAt }),
		"updatedAt":           show(nonNull(graphql.DateTime), func(u *User) any { return u.UpdatedAt }),
		"lastLoginAt":         when(func(u *User) *time.Time { return u.LastLoginAt }),
		"isAnonymous":         show(flag, func(u *User) any { return u.anonymous() }),
		"isAnonymized":        show(flag, func(u *User) any { return u.Anonymized }),
		"isDeactivated":       show(flag, func(u *User) any { return u.Deactivated }),
		"isDisabled":          atPresent(flag, func(u *User, now time.Time) any { return u.disabledAt(now) }),
		"disableReason":       show(graphql.String, func(u *User) any { return u.DisableReason }),
		"deleteAt":            when(func(u *User) *time.Time { return u.DeleteAt }),
		"deleteReason":        show(graphql.String, func(u *User) any { return u.DeleteReason }),
		"anonymizeAt":         when(func(u *User) *time.Time { return u.AnonymizeAt }),
		"accountValidFrom":    when(func(u *User) *time.Time { return u.AccountValidFrom }),
		"accountValidUntil":   when(func(u *User) *time.Time { return u.AccountValidUntil }),
		"mfaGracePeriodEndAt": when(func(u *User) *time.Time { return u.MFAGracePeriodEndAt }),
		"temporarilyDisabledFrom": atPresent(graphql.DateTime, func(u *User, now time.Time) any {
			from, _ := u.temporarilyDisabled(now)
			return from
		}),
		"temporarilyDisabledUntil": atPresent(graphql.DateTime, func(u *User, now time.Time) any {
			_, until := u.temporarilyDisabled(now)
			return until
		}),
		"standardAttributes": show(nonNull(jsonScalar("UserStandardAttributes")), func(u *User) any { return u.shownAttributes() }),
		"customAttributes":   show(nonNull(jsonScalar("UserCustomAttributes")), func(u *User) any { return u.CustomAttributes }),
		"web3":               show(nonNull(jsonScalar("Web3Claims")), func(*User) any { return map[string]any{} }),
		"formattedName":      show(graphql.String, func(u *User) any { return orNull(u.formattedName()) }),
		"endUserAccountID":   show(graphql.String, func(u *User) any { return orNull(u.endUserAccountID()) }),
	}
}

// atPresent is a field that depends on the clock.
func atPresent(t graphql.Output, get func(*User, time.Time) any) *graphql.Field {
	return &graphql.Field{Type: t, Resolve: func(p graphql.ResolveParams) (any, error) {
		return get(p.Source.(*User), sessionOf(p.Context).now()), nil
	}}
}
