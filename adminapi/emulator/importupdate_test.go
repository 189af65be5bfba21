package emulator_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"usersync/adminapi/emulator"
)

// ann is a user with something in every place.
func ann() emulator.User {
	return emulator.User{
		Identities: []emulator.Identity{
			emulator.EmailIdentity("ann@example.com"), emulator.PhoneIdentity("+85298000000"), emulator.UsernameIdentity("ann"),
		},
		VerifiedClaims: []emulator.Claim{{Name: "phone_number", Value: "+85298000000"}},
		StandardAttributes: map[string]any{
			"name": "Ann", "nickname": "A", "address": map[string]any{"country": "HK", "locality": "Central"},
		},
		CustomAttributes: map[string]any{"tier": "pro", "employee_number": json.Number("7")},
		Roles:            []string{"viewer", "admin"}, Groups: []string{"hr"},
		MFA: emulator.MFA{Emails: []string{"second@example.com"}, TOTPs: []emulator.TOTP{{Secret: "OLD"}}},
	}
}

// TestImportUpdates sees each rule of updates: what the record leads to, and
// that nothing else changes but the time.
func TestImportUpdates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		record   record
		expect   func(*emulator.User)
		warnings []string
	}{
		"nothing":           {record{}, func(*emulator.User) {}, nil},
		"a text":            {record{"name": "Anna"}, func(u *emulator.User) { u.StandardAttributes["name"] = "Anna" }, nil},
		"null removes":      {record{"nickname": nil}, func(u *emulator.User) { delete(u.StandardAttributes, "nickname") }, nil},
		"an address whole":  {record{"address": record{"region": "NT"}}, func(u *emulator.User) { u.StandardAttributes["address"] = record{"region": "NT"} }, nil},
		"an empty address":  {record{"address": record{}}, func(u *emulator.User) { delete(u.StandardAttributes, "address") }, nil},
		"custom are merged": {record{"custom_attributes": record{"department": "R&D"}}, func(u *emulator.User) { u.CustomAttributes["department"] = "R&D" }, nil},
		"custom null":       {record{"custom_attributes": record{"tier": nil}}, func(u *emulator.User) { delete(u.CustomAttributes, "tier") }, nil},
		"custom unknown":    {record{"custom_attributes": record{"unheard_of": 1}}, func(*emulator.User) {}, nil},
		"roles replaced":    {record{"roles": []string{"editor", "admin"}}, func(u *emulator.User) { u.Roles = []string{"admin", "editor"} }, nil},
		"no roles":          {record{"roles": []string{}}, func(u *emulator.User) { u.Roles = []string{} }, nil},
		"groups replaced":   {record{"groups": []string{"sales"}}, func(u *emulator.User) { u.Groups = []string{"sales"} }, nil},
		"password ignored":  {record{"password": record{"type": "bcrypt", "password_hash": bcryptHash}}, func(*emulator.User) {}, nil},
		"TOTP ignored":      {record{"mfa": record{"totp": record{"secret": "GEZDGNBVGY3TQOJQ"}}}, func(*emulator.User) {}, nil},
		"second email same": {record{"mfa": record{"email": "SECOND@example.com"}}, func(*emulator.User) {}, nil},
		"second email":      {record{"mfa": record{"email": "third@example.com"}}, func(u *emulator.User) { u.MFA.Emails = []string{"third@example.com"} }, nil},
		"second email null": {record{"mfa": record{"email": nil}}, func(u *emulator.User) { u.MFA.Emails = nil }, nil},
		"second phone":      {record{"mfa": record{"phone_number": "+85298000009"}}, func(u *emulator.User) { u.MFA.PhoneNumbers = []string{"+85298000009"} }, nil},
		"disabled":          {record{"disabled": true}, func(u *emulator.User) { u.Disabled = true }, nil},
		"enabled already":   {record{"disabled": false}, func(*emulator.User) {}, []string{"invalid account status transition: normal -> normal"}},
		"valid from":        {record{"account_valid_from": "2026-01-01T00:00:00Z"}, func(u *emulator.User) { u.AccountValidFrom = new(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) }, nil},
		"email verified":    {record{"email_verified": true}, func(u *emulator.User) { verify(u, "email", "ann@example.com") }, nil},
		"phone unverified":  {record{"phone_number": "+85298000000", "phone_number_verified": false}, func(u *emulator.User) { u.VerifiedClaims = nil }, nil},
		"phone verified":    {record{"phone_number": "+85298000000", "phone_number_verified": true}, func(*emulator.User) {}, nil},
		"verified, absent":  {record{"phone_number_verified": false}, func(*emulator.User) {}, []string{"phone_number_verified has no effect when phone_number is absent."}},
		"phone removed":     {record{"phone_number": nil}, func(u *emulator.User) { removeLoginID(u, "phone"); u.VerifiedClaims = nil }, nil},
		"verified, removed": {record{"phone_number": nil, "phone_number_verified": true}, func(u *emulator.User) { removeLoginID(u, "phone"); u.VerifiedClaims = nil }, []string{"phone_number_verified has no effect when phone_number = null."}},
		"phone changed":     {record{"phone_number": "+85298000001"}, func(u *emulator.User) { setLoginID(u, 1, "+85298000001"); u.VerifiedClaims = nil }, nil},
		"changed, verified": {record{"phone_number": "+85298000001", "phone_number_verified": true}, func(u *emulator.User) {
			setLoginID(u, 1, "+85298000001")
			u.VerifiedClaims = nil
			verify(u, "phone_number", "+85298000001")
		}, nil},
		"username, otherwise spelt": {record{"preferred_username": "ANN"}, func(u *emulator.User) { u.Identities[2].LoginID.OriginalValue = "ANN" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := recordedProject(t)
			id, err := b.Project().Create(ann())
			must(t, err)
			want := b.user(id)
			b.clock.Add(time.Hour)
			tt.expect(&want)
			want.UpdatedAt = b.clock.Now()
			tt.record["email"] = "ann@example.com"
			job := b.imports("email", true, tt.record)
			if got := job.outcomes(); !slices.Equal(got, []string{"updated"}) || job.Details[0].UserID != id {
				t.Fatalf("job %+v", job)
			}
			if diff := cmp.Diff(tt.warnings, job.warnings()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			got := b.user(id)
			for i := range got.Identities {
				got.Identities[i].UpdatedAt = got.Identities[i].CreatedAt
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
		})
	}
}

func verify(u *emulator.User, name, value string) {
	u.VerifiedClaims = append(u.VerifiedClaims, emulator.Claim{Name: name, Value: value})
}

func removeLoginID(u *emulator.User, key string) {
	u.Identities = slices.DeleteFunc(u.Identities, func(i emulator.Identity) bool { return i.LoginID.Key == key })
	delete(u.StandardAttributes, map[string]string{"phone": "phone_number", "username": "preferred_username"}[key])
}

func setLoginID(u *emulator.User, at int, value string) {
	i := &u.Identities[at]
	i.LoginID.Value, i.LoginID.OriginalValue = value, value
	for name := range maps.Keys(i.Claims) {
		i.Claims[name], u.StandardAttributes[name] = value, value
	}
}

// TestImportUpdatesWithoutNormalising sees that the identifier finds only what
// is spelt like it, and that a verified flag beside another spelling does nothing.
func TestImportUpdatesWithoutNormalising(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	id, err := b.Project().Create(ann())
	must(t, err)
	before := b.user(id)
	job := b.imports("email", true, record{"email": "Ann@Example.com", "name": "Other"})
	if job.reason() != "InvariantViolated" || dig(t, job.Details[0].Errors[0].Info, "cause.kind") != "DuplicatedIdentity" {
		t.Errorf("job %+v", job)
	}
	if diff := cmp.Diff(before, b.user(id)); diff != "" {
		t.Errorf("user changed:\n%s", diff)
	}
	job = b.imports("preferred_username", true, record{"preferred_username": "ann", "email": "ANN@example.com", "email_verified": true})
	if u := b.user(id); job.Summary.Updated != 1 || len(job.warnings()) > 0 || len(u.VerifiedClaims) != 1 {
		t.Errorf("job %+v, claims %v", job, u.VerifiedClaims)
	}
}

// TestImportOfSharedEmails sees records fail whose email is a login ID and an
// OAuth account's too, and update by the account alone.
func TestImportOfSharedEmails(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	google := emulator.OAuthIdentity("google", "g1", map[string]any{"email": "ann@example.com"})
	id, err := b.Project().Create(emulator.User{Identities: []emulator.Identity{google}})
	must(t, err)
	job := b.imports("email", true, record{"email": "ann@example.com", "name": "Ann", "email_verified": true})
	if u := b.user(id); job.Summary.Updated != 1 || u.StandardAttributes["name"] != "Ann" || len(u.VerifiedClaims) > 0 || len(u.Identities) != 1 {
		t.Errorf("job %+v, user %+v", job, u)
	}
	must(t, b.Project().SetLoginID(id, "email", "ann@example.com"))
	for _, upsert := range []bool{false, true} {
		if job := b.imports("email", upsert, record{"email": "ann@example.com"}); job.reason() != "UnexpectedError" {
			t.Errorf("job %+v", job)
		}
	}
}

// TestImportStatus sees which changes of status are refused with a warning.
func TestImportStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		prepare  func(*emulator.User)
		disabled bool
		want     string
	}{
		"disabled twice":         {func(u *emulator.User) { u.Disabled = true }, true, "disabled -> disabled"},
		"enabled":                {func(u *emulator.User) { u.Disabled = true }, false, ""},
		"temporarily disabled":   {temporarily(now.Add(-time.Hour), now.Add(time.Hour)), true, ""},
		"temporarily enabled":    {temporarily(now.Add(-time.Hour), now.Add(time.Hour)), false, ""},
		"to be deleted":          {func(u *emulator.User) { u.Disabled, u.DeleteAt = true, new(now.Add(time.Hour)) }, false, "scheduled_deletion_disabled -> normal"},
		"to be anonymised":       {func(u *emulator.User) { u.Disabled, u.AnonymizeAt = true, new(now.Add(time.Hour)) }, true, "scheduled_anonymization_disabled -> disabled"},
		"no longer valid":        {func(u *emulator.User) { u.AccountValidUntil = new(now.Add(-time.Hour)) }, false, "outside_valid_period -> normal"},
		"no longer valid, again": {func(u *emulator.User) { u.AccountValidUntil = new(now.Add(-time.Hour)) }, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := recordedProject(t)
			u := ann()
			tt.prepare(&u)
			id, err := b.Project().Create(u)
			must(t, err)
			job := b.imports("email", true, record{"email": "ann@example.com", "disabled": tt.disabled})
			if job.Summary.Updated != 1 {
				t.Fatalf("job %+v", job)
			}
			if tt.want != "" {
				if got := job.warnings(); !slices.Equal(got, []string{"invalid account status transition: " + tt.want}) {
					t.Errorf("warnings %q", got)
				}
				return
			}
			if after := b.user(id); after.Disabled != tt.disabled || after.TemporarilyDisabledFrom != nil || len(job.warnings()) > 0 {
				t.Errorf("user %+v, warnings %q", after, job.warnings())
			}
		})
	}
}

func temporarily(from, until time.Time) func(*emulator.User) {
	return func(u *emulator.User) { u.TemporarilyDisabledFrom, u.TemporarilyDisabledUntil = &from, &until }
}

// TestImportLeavesNobodyLockedOut sees that who was imported without a password
// keeps the login IDs: there is nothing else to log in with.
func TestImportLeavesNobodyLockedOut(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	b.imports("email", false,
		record{"email": "a@example.com", "phone_number": "+85298000001"},
		record{"email": "b@example.com", "phone_number": "+85298000002", "password": record{"type": "bcrypt", "password_hash": bcryptHash}})
	job := b.imports("email", true, record{"email": "a@example.com", "phone_number": nil}, record{"email": "b@example.com", "phone_number": nil})
	if !slices.Equal(job.outcomes(), []string{"failed", "updated"}) || dig(t, job.Details[0].Errors[0].Info, "cause.kind") != "RemoveLastPrimaryAuthenticator" {
		t.Errorf("job %+v", job)
	}
	if kept := b.byAttribute("phone_number", "+85298000001"); len(kept) != 1 {
		t.Error("the phone number is gone")
	}
}

// TestImportForgetsClaimsOfFactors sees that a verified address does not outlive
// the second factor by which alone the user had it.
func TestImportForgetsClaimsOfFactors(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	u := ann()
	verify(&u, "email", "second@example.com")
	id, err := b.Project().Create(u)
	must(t, err)
	b.imports("email", true, record{"email": "ann@example.com", "mfa": record{"email": "second@example.com"}})
	if got := b.user(id).VerifiedClaims; len(got) != 2 {
		t.Errorf("claims %v after the same factor", got)
	}
	b.imports("email", true, record{"email": "ann@example.com", "mfa": record{"email": nil}})
	if got := b.user(id).VerifiedClaims; len(got) != 1 {
		t.Errorf("claims %v after none", got)
	}
}
