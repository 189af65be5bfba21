package emulator

import (
	"maps"
	"slices"
	"time"
)

// User is one user of the emulated project, in the form in which Authgear
// stores it. Times are UTC with microseconds, as in its database; finer parts
// are cut off when the user is stored.
type User struct {
	// ID is the user's UUID (`sub`). Create makes one when it is empty.
	ID string
	// CreatedAt never changes and is what pages are ordered by. Create takes
	// the project's clock when it is zero; an earlier time makes a user appear
	// below others that were listed already, as a late commit does.
	CreatedAt time.Time
	// UpdatedAt moves only when attributes or the disabled or deletion status
	// change; see Project.Update.
	UpdatedAt time.Time
	// LastLoginAt is what GraphQL shows as lastLoginAt. Authgear keeps it in
	// the column login_at.
	LastLoginAt *time.Time
	// PreviousLoginAt is the login before that, Authgear's column
	// last_login_at. The order LAST_LOGIN_AT is by it, not by what is shown.
	PreviousLoginAt *time.Time

	// StandardAttributes holds the OpenID Connect claims that were set. The
	// derived email_verified, phone_number_verified and updated_at are not
	// kept here; they are added when the user is read.
	StandardAttributes map[string]any
	// CustomAttributes holds any JSON values; numbers that must stay exact are
	// json.Number.
	CustomAttributes map[string]any
	// VerifiedClaims are the claims (email, phone_number) whose values the
	// user has proven to own.
	VerifiedClaims []Claim
	// Identities are kept in the order of their creation.
	Identities []Identity
	// Roles and Groups are keys, in the order in which they were assigned.
	Roles, Groups []string

	// Disabled means disabled without end, by an administrator, or because a
	// deletion or anonymisation is scheduled. What GraphQL shows as isDisabled
	// also depends on the periods below and on Anonymized.
	Disabled      bool
	Deactivated   bool
	DisableReason *string
	// A temporarily disabled period counts from From (inclusive) to Until
	// (exclusive), and is forgotten when it has passed.
	TemporarilyDisabledFrom, TemporarilyDisabledUntil *time.Time
	// Outside of [AccountValidFrom, AccountValidUntil) the user is disabled.
	AccountValidFrom, AccountValidUntil *time.Time
	DeleteAt                            *time.Time
	DeleteReason                        *string
	AnonymizeAt                         *time.Time
	Anonymized                          bool

	MFAGracePeriodEndAt *time.Time
	// MFA is not shown by GraphQL; the User Export API shows it.
	MFA MFA

	// PasswordHash and MFAPasswordHash are the bcrypt hashes that the User
	// Import API set when it created the user. No API shows them; they are kept
	// so that tests see them.
	PasswordHash, MFAPasswordHash string
	PasswordExpireAfter           *time.Time
	// NoAuthenticator is set on users who were imported without a password:
	// they have nothing to log in with. Of others it is not known, and they
	// count as having something.
	NoAuthenticator bool
}

// Claim is a verified claim: Name is email or phone_number.
type Claim struct{ Name, Value string }

// MFA holds the second factors of a user in the form of Authgear's export record.
type MFA struct {
	Emails       []string `json:"emails,omitempty"`
	PhoneNumbers []string `json:"phone_numbers,omitempty"`
	TOTPs        []TOTP   `json:"totps,omitempty"`
}

// TOTP is a time-based one-time password; Authgear exports its secret in clear.
type TOTP struct {
	Secret string `json:"secret,omitempty"`
	URI    string `json:"uri,omitempty"`
}

// Clone returns a deep copy.
func (u *User) Clone() *User {
	c := *u
	c.StandardAttributes = cloneObject(u.StandardAttributes)
	c.CustomAttributes = cloneObject(u.CustomAttributes)
	c.VerifiedClaims = slices.Clone(u.VerifiedClaims)
	c.Identities = make([]Identity, len(u.Identities))
	for i := range u.Identities {
		c.Identities[i] = u.Identities[i].clone()
	}
	c.Roles = slices.Clone(u.Roles)
	c.Groups = slices.Clone(u.Groups)
	c.MFA.Emails = slices.Clone(u.MFA.Emails)
	c.MFA.PhoneNumbers = slices.Clone(u.MFA.PhoneNumbers)
	c.MFA.TOTPs = slices.Clone(u.MFA.TOTPs)
	for _, t := range c.times() {
		if *t != nil {
			*t = new(**t)
		}
	}
	for _, s := range []**string{&c.DisableReason, &c.DeleteReason} {
		if *s != nil {
			*s = new(**s)
		}
	}
	return &c
}

// times lists the optional times, so that none is forgotten by what treats them alike.
func (u *User) times() []**time.Time {
	return []**time.Time{
		&u.LastLoginAt, &u.PreviousLoginAt,
		&u.TemporarilyDisabledFrom, &u.TemporarilyDisabledUntil,
		&u.AccountValidFrom, &u.AccountValidUntil,
		&u.DeleteAt, &u.AnonymizeAt, &u.MFAGracePeriodEndAt, &u.PasswordExpireAfter,
	}
}

// derivedAttributes are computed on reading and must not be stored.
func derivedAttributes() []string {
	return []string{"email_verified", "phone_number_verified", "updated_at"}
}

// normalize brings a user into the form in which the store keeps it.
func (u *User) normalize() {
	u.CreatedAt = databaseTime(u.CreatedAt)
	u.UpdatedAt = databaseTime(u.UpdatedAt)
	for _, t := range u.times() {
		if *t != nil {
			*t = new(databaseTime(**t))
		}
	}
	if u.StandardAttributes == nil {
		u.StandardAttributes = map[string]any{}
	}
	if u.CustomAttributes == nil {
		u.CustomAttributes = map[string]any{}
	}
	for _, key := range derivedAttributes() {
		delete(u.StandardAttributes, key)
	}
	// The real server sorts a user's identities by creation, then id.
	slices.SortStableFunc(u.Identities, func(a, b Identity) int {
		return a.CreatedAt.Compare(b.CreatedAt)
	})
}

// databaseTime cuts a time to what a PostgreSQL timestamp holds.
func databaseTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func cloneObject(m map[string]any) map[string]any {
	c := maps.Clone(m)
	for k, v := range c {
		c[k] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneObject(v)
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = cloneValue(v[i])
		}
		return c
	default:
		return v
	}
}
