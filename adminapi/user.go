package adminapi

import "time"

// User is an Authgear user. A field that was not asked for has its zero value;
// ID and CreatedAt are always there. The names, and which fields can be absent,
// are those of the Admin API's published schema.
type User struct {
	ID        string // the uuid: the "sub" of tokens and exports
	CreatedAt time.Time
	// UpdatedAt moves only when attributes or the disabled or deletion status
	// change, not with roles, groups, identities, verified claims or logins.
	UpdatedAt   time.Time
	LastLoginAt *time.Time // nil: never

	IsAnonymous   bool
	IsDisabled    bool
	IsDeactivated bool
	IsAnonymized  bool

	DisableReason            *string
	DeleteReason             *string
	DeleteAt                 *time.Time // scheduled deletion
	AnonymizeAt              *time.Time // scheduled anonymization
	TemporarilyDisabledFrom  *time.Time
	TemporarilyDisabledUntil *time.Time
	AccountValidFrom         *time.Time
	AccountValidUntil        *time.Time
	MFAGracePeriodEndAt      *time.Time

	FormattedName    *string // nil when the user has no name of any sort
	EndUserAccountID *string // an email, phone number or username

	// StandardAttributes are OpenID Connect's claims (email, name, address, …),
	// CustomAttributes the project's own. Numbers are json.Number, exact to the
	// last digit. Not nil when they were asked for.
	StandardAttributes map[string]any
	CustomAttributes   map[string]any

	VerifiedClaims []Claim
	Identities     []Identity

	// Roles and Groups are the keys of all roles and groups that the user was
	// given directly, in no promised order.
	Roles  []string
	Groups []string
}

// Claim is a claim of a user that was verified, such as name "email" and the
// address as value.
type Claim struct {
	Name  string
	Value string
}

// Identity is one way in which a user signs in.
type Identity struct {
	ID        string // a uuid
	Type      string // LOGIN_ID, OAUTH, ANONYMOUS, BIOMETRIC, PASSKEY, SIWE or LDAP
	CreatedAt time.Time
	UpdatedAt time.Time
	Claims    map[string]any // numbers are json.Number
}

// Role is a role of the project.
type Role struct {
	ID          string // a uuid
	Key         string // what users and imports name it by
	Name        *string
	Description *string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Group is a group of the project.
type Group struct {
	ID          string // a uuid
	Key         string // what users and imports name it by
	Name        *string
	Description *string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}
