package emulator_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi/emulator"
)

const bcryptHash = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

// TestImportInserts sees every field of a record arrive, and nothing in the
// audit log.
func TestImportInserts(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	rows := len(auditRows(b))
	job := b.imports("email", false, record{
		"email": "Ann@Example.com", "email_verified": true,
		"phone_number": "+85298765432", "phone_number_verified": true, "preferred_username": "Ann.1",
		"name": "Ann", "nickname": "A", "birthdate": "1990-12-31", "zoneinfo": "Asia/Hong_Kong", "locale": "zh-Hant-HK",
		"website": "https://example.com/ann", "picture": "https://example.com/ann.jpeg",
		"address":           record{"country": "HK", "locality": "香港"},
		"custom_attributes": record{"department": "R&D", "employee_number": 9007199254740993, "tier": "pro"},
		"roles":             []string{"editor", "admin", "editor"}, "groups": []string{"sales"},
		"disabled": true, "account_valid_from": "2026-01-01T08:00:00+08:00", "account_valid_until": "2030-01-01T00:00:00Z",
		"password": record{"type": "bcrypt", "password_hash": bcryptHash, "expire_after": "2027-01-01T00:00:00Z"},
		"mfa": record{
			"email": "Second@Example.com", "phone_number": "+85298765433",
			"password": record{"type": "bcrypt", "password_hash": bcryptHash}, "totp": record{"secret": "GEZDGNBVGY3TQOJQ"},
		},
	})
	if got := job.outcomes(); !slices.Equal(got, []string{"inserted"}) || len(job.warnings()) > 0 {
		t.Fatalf("job %+v", job)
	}
	u := b.user(job.Details[0].UserID)
	var identities []emulator.LoginID
	for _, i := range u.Identities {
		identities = append(identities, *i.LoginID)
	}
	got := map[string]any{
		"standard": u.StandardAttributes, "custom": u.CustomAttributes, "claims": u.VerifiedClaims, "identities": identities,
		"roles": u.Roles, "groups": u.Groups, "disabled": u.Disabled, "from": *u.AccountValidFrom, "until": *u.AccountValidUntil,
		"password": u.PasswordHash, "expires": *u.PasswordExpireAfter, "second": u.MFAPasswordHash, "mfa": u.MFA,
		"created": u.CreatedAt, "updated": u.UpdatedAt, "nothing to log in with": u.NoAuthenticator,
	}
	want := map[string]any{
		"standard": map[string]any{
			"email": "ann@example.com", "phone_number": "+85298765432", "preferred_username": "ann.1",
			"name": "Ann", "nickname": "A", "birthdate": "1990-12-31", "zoneinfo": "Asia/Hong_Kong", "locale": "zh-Hant-HK",
			"website": "https://example.com/ann", "picture": "https://example.com/ann.jpeg",
			"address": map[string]any{"country": "HK", "locality": "香港"},
		},
		// An integer that no JavaScript number holds does not survive.
		"custom": map[string]any{"department": "R&D", "employee_number": json.Number("9007199254740992"), "tier": "pro"},
		"claims": []emulator.Claim{{Name: "email", Value: "ann@example.com"}, {Name: "phone_number", Value: "+85298765432"}},
		"identities": []emulator.LoginID{
			{Key: "email", Type: "email", Value: "ann@example.com", OriginalValue: "Ann@Example.com"},
			{Key: "phone", Type: "phone", Value: "+85298765432", OriginalValue: "+85298765432"},
			{Key: "username", Type: "username", Value: "ann.1", OriginalValue: "Ann.1"},
		},
		"roles": []string{"editor", "admin"}, "groups": []string{"sales"}, "disabled": true,
		"from": time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "until": time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		"password": bcryptHash, "expires": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), "second": bcryptHash,
		"mfa": emulator.MFA{
			Emails: []string{"second@example.com"}, PhoneNumbers: []string{"+85298765433"},
			TOTPs: []emulator.TOTP{{Secret: "GEZDGNBVGY3TQOJQ"}},
		},
		"created": b.clock.Now(), "updated": b.clock.Now(), "nothing to log in with": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	if after := len(auditRows(b)); after != rows {
		t.Errorf("%d rows in the audit log, before %d", after, rows)
	}
	found := b.must(`{f:getUsersByStandardAttribute(attributeName:"email",attributeValue:"ANN@example.com"){standardAttributes roles{totalCount edges{node{key}}}}}`, nil)
	if dig(t, found, "f.0.standardAttributes.email_verified") != true {
		t.Errorf("GraphQL shows %v", found)
	}
}

func auditRows(b *bundle) []map[string]any {
	b.t.Helper()
	return nodesOf(b.must(`{auditLogs(first:100){edges{node{id}}}}`, nil)["auditLogs"])
}

// TestImportInsertWarns sees what has no effect on insert said, and only said.
func TestImportInsertWarns(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	job := b.imports("email", true, record{
		"email": "a@example.com", "email_verified": false, "disabled": false,
		"phone_number": nil, "phone_number_verified": true, "preferred_username": nil,
		"name": nil, "address": nil, "custom_attributes": record{"tier": nil}, "mfa": record{"email": nil, "phone_number": nil},
	})
	want := []string{
		"phone_number = null has no effect in insert.",
		"preferred_username = null has no effect in insert.",
		"email_verified = false has no effect in insert.",
		"phone_number_verified = true has no effect when phone_number is absent.",
		"disabled = false has no effect in insert.",
		"mfa.email = null has no effect in insert.",
		"mfa.phone_number = null has no effect in insert.",
	}
	if diff := cmp.Diff(want, job.warnings()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	u := b.user(job.Details[0].UserID)
	if len(u.StandardAttributes) != 1 || len(u.Identities) != 1 || len(u.VerifiedClaims) > 0 || u.Disabled || !u.NoAuthenticator {
		t.Errorf("user %+v", u)
	}
}

// TestImportOfDisabledLoginIDs sees users come into being whom nobody can find
// again, by each further try one more.
func TestImportOfDisabledLoginIDs(t *testing.T) {
	t.Parallel()
	b := recordedProject(t)
	b.Project().SetLoginIDs("email")
	for n := range 3 {
		job := b.imports("preferred_username", false, record{"preferred_username": "ann", "name": "Ann"})
		if job.Summary.Inserted != 1 || !slices.Equal(job.warnings(), []string{"preferred_username is ignored because it is not an allowed login ID."}) {
			t.Fatalf("job %+v", job)
		}
		if u := b.user(job.Details[0].UserID); len(u.Identities) > 0 || b.Project().Len() != n+1 {
			t.Errorf("%d users, the last %+v", b.Project().Len(), u)
		}
	}
	job := b.imports("email", false, record{"email": "a@example.com", "phone_number": "+85298765432"})
	if u := b.user(job.Details[0].UserID); len(u.Identities) != 1 || len(job.warnings()) != 1 {
		t.Errorf("user %+v, warned %v", u, job.warnings())
	}
	job = b.imports("email", true, record{"email": "a@example.com", "phone_number": "+85298765432"})
	if job.Details[0].Errors[0].Message != "invalid login ID" {
		t.Errorf("an update adds a login ID that is not enabled: %+v", job)
	}
	for key, want := range map[string]string{"email": "", "username": "GetUsersInvalidArgument"} {
		if got := b.ask(`query($k:String!){getUserByLoginID(loginIDKey:$k,loginIDValue:"a@example.com"){id}}`, map[string]any{"k": key}); got.reason() != want {
			t.Errorf("login ID key %s: %v", key, got.Errors)
		}
	}
}

// TestImportRefusals sees records fail that the server refuses after their
// form was right, and leave nothing behind.
func TestImportRefusals(t *testing.T) {
	t.Parallel()
	hash := func(h string) record { return record{"type": "bcrypt", "password_hash": h} }
	for name, tt := range map[string]struct {
		record record
		reason string
	}{
		"no bcrypt hash":          {record{"password": hash("x")}, "InvalidBcryptHash"},
		"hash of another kind":    {record{"mfa": record{"password": hash("5" + bcryptHash[1:])}}, "InvalidBcryptHash"},
		"TOTP secret":             {record{"mfa": record{"totp": record{"secret": "not base32"}}}, "InvalidTOTPSecret"},
		"valid until before from": {record{"account_valid_from": "2027-01-01T00:00:00Z", "account_valid_until": "2026-01-01T00:00:00Z"}, "InvalidAccountStatusTransition"},
		"username not ASCII":      {record{"preferred_username": "zoë"}, "ValidationFailed"},
		"username with a space":   {record{"preferred_username": "a b"}, "ValidationFailed"},
		"username too long":       {record{"preferred_username": "abcdefghijabcdefghijabcdefghijabcdefghij1"}, "ValidationFailed"},
		"unknown role":            {record{"roles": []string{"admin", "nosuch"}}, "RoleUnknownKeys"},
		"phone of another":        {record{"phone_number": "+85298000000"}, "InvariantViolated"},
		"username of another":     {record{"preferred_username": "ANN"}, "InvariantViolated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := recordedProject(t)
			_, err := b.Project().Create(emulator.User{Identities: []emulator.Identity{
				emulator.EmailIdentity("ann@example.com"), emulator.PhoneIdentity("+85298000000"), emulator.UsernameIdentity("ann"),
			}})
			must(t, err)
			tt.record["email"] = "new@example.com"
			job := b.imports("email", false, tt.record, record{"email": "next@example.com"})
			if job.reason() != tt.reason || !slices.Equal(job.outcomes(), []string{"failed", "inserted"}) {
				t.Errorf("job %+v", job)
			}
			if len(b.byAttribute("email", "new@example.com")) > 0 || b.Project().Len() != 2 {
				t.Errorf("%d users", b.Project().Len())
			}
		})
	}
}
