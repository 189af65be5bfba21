package usersync

// Kind is the type of a field's values: how they are held, compared and written.
type Kind uint8

// The kinds of fields, each with the Go type that [User.Get] returns for it. The
// zero value of that type means that the user has no such value: Authgear
// leaves empty values out of its exports, so an empty text and none are one.
const (
	Text   Kind = iota + 1 // string
	Bool                   // bool
	Int                    // int64
	Time                   // time.Time, UTC, microseconds
	Set                    // []string; the order means nothing
	Object                 // map[string]any, as JSON is decoded with [json.Number]
	List                   // []any, likewise; the order means nothing
)

// A Field is one thing that is known of a user.
type Field struct {
	// Name is the field's name in Authgear's exports, in SQL and in reports.
	Name string
	Kind Kind
	// Parts names the keys of an Object whose values are all texts; in files
	// each is a column of its own, NAME.PART.
	Parts []string
	// From is the field of Authgear's GraphQL User that the value is read from,
	// for asking for no more than is mirrored.
	From string
	// Volatile marks what changes with every login, which budgets for changes
	// leave out.
	Volatile bool
	// Doc is one sentence for people, without a full stop.
	Doc string

	index int
}

// fields is the one table of all that is known of a user besides its id. The
// order is that of Authgear's own exports, then what those lack. A fingerprint
// is written with the fields' names and leaves empty values out, so a row may be
// added anywhere without making anybody look changed.
//
//nolint:gochecknoglobals // a table of constants, which Go has no other way to write
var fields = numbered([]Field{
	{Name: "preferred_username", Kind: Text, From: "standardAttributes", Doc: "the username"},
	{Name: "email", Kind: Text, From: "standardAttributes", Doc: "the email address"},
	{Name: "phone_number", Kind: Text, From: "standardAttributes", Doc: "the phone number, E.164"},
	{Name: "email_verified", Kind: Bool, From: "standardAttributes", Doc: "whether the email address is verified"},
	{Name: "phone_number_verified", Kind: Bool, From: "standardAttributes", Doc: "whether the phone number is verified"},
	{Name: "name", Kind: Text, From: "standardAttributes", Doc: "the full name"},
	{Name: "given_name", Kind: Text, From: "standardAttributes", Doc: "the given name"},
	{Name: "family_name", Kind: Text, From: "standardAttributes", Doc: "the family name"},
	{Name: "middle_name", Kind: Text, From: "standardAttributes", Doc: "the middle name"},
	{Name: "nickname", Kind: Text, From: "standardAttributes", Doc: "the nickname"},
	{Name: "profile", Kind: Text, From: "standardAttributes", Doc: "the address of the profile page"},
	{Name: "picture", Kind: Text, From: "standardAttributes", Doc: "the address of the picture"},
	{Name: "website", Kind: Text, From: "standardAttributes", Doc: "the address of the website"},
	{Name: "gender", Kind: Text, From: "standardAttributes", Doc: "the gender, as the user put it"},
	{Name: "birthdate", Kind: Text, From: "standardAttributes", Doc: "the day of birth, YYYY-MM-DD; the year may be 0000"},
	{Name: "zoneinfo", Kind: Text, From: "standardAttributes", Doc: "the time zone, an IANA name"},
	{Name: "locale", Kind: Text, From: "standardAttributes", Doc: "the language, BCP 47"},
	{
		Name: "address", Kind: Object, From: "standardAttributes", Doc: "the postal address",
		Parts: []string{"formatted", "street_address", "locality", "region", "postal_code", "country"},
	},
	{Name: "custom_attributes", Kind: Object, From: "customAttributes", Doc: "the project's own attributes"},
	{Name: "roles", Kind: Set, From: "roles", Doc: "the keys of the user's roles"},
	{Name: "groups", Kind: Set, From: "groups", Doc: "the keys of the user's groups"},
	{Name: "disabled", Kind: Bool, From: "isDisabled", Doc: "whether the account is disabled"},
	{Name: "created_at", Kind: Time, From: "createdAt", Doc: "when the user was created; never changes"},
	{Name: "delete_at", Kind: Time, From: "deleteAt", Doc: "when the account is due to be deleted"},
	{Name: "last_login_at", Kind: Time, From: "lastLoginAt", Volatile: true, Doc: "when the user last logged in"},
	{Name: "is_anonymized", Kind: Bool, From: "isAnonymized", Doc: "whether the user has been anonymised"},
	{Name: "anonymize_at", Kind: Time, From: "anonymizeAt", Doc: "when the user is due to be anonymised"},
	{Name: "temporarily_disabled_from", Kind: Time, From: "temporarilyDisabledFrom", Doc: "when a temporary disabling begins"},
	{Name: "temporarily_disabled_until", Kind: Time, From: "temporarilyDisabledUntil", Doc: "when a temporary disabling ends"},
	{Name: "account_valid_from", Kind: Time, From: "accountValidFrom", Doc: "when the account begins to be valid"},
	{Name: "account_valid_until", Kind: Time, From: "accountValidUntil", Doc: "when the account ceases to be valid"},
	{Name: "identities", Kind: List, From: "identities", Doc: "how the user can log in, in the form of Authgear's export"},
	{Name: "biometric_count", Kind: Int, From: "identities", Doc: "how many biometric identities the user has"},
	{Name: "passkey_count", Kind: Int, From: "identities", Doc: "how many passkeys the user has"},
	// Authgear's exports end here.
	{Name: "updated_at", Kind: Time, From: "updatedAt", Doc: "when attributes or the account's status last changed; logins, roles, groups and identities do not move it"},
	{Name: "is_anonymous", Kind: Bool, From: "isAnonymous", Doc: "whether the user is an anonymous one"},
	{Name: "is_deactivated", Kind: Bool, From: "isDeactivated", Doc: "whether the user deactivated the account"},
	{Name: "disable_reason", Kind: Text, From: "disableReason", Doc: "why the account is disabled"},
	{Name: "delete_reason", Kind: Text, From: "deleteReason", Doc: "why the account is due to be deleted"},
	{Name: "mfa_grace_period_end_at", Kind: Time, From: "mfaGracePeriodEndAt", Doc: "until when the user may log in without a second factor"},
	{Name: "formatted_name", Kind: Text, From: "formattedName", Doc: "the name as Authgear shows it"},
	{Name: "end_user_account_id", Kind: Text, From: "endUserAccountID", Doc: "what Authgear calls the account by: the email address, phone number or username"},
	{Name: "verified_claims", Kind: List, From: "verifiedClaims", Doc: "the claims that have been verified, each with name and value"},
	{Name: "other_attributes", Kind: Object, From: "standardAttributes", Doc: "standard attributes that have no field of their own, or a value that does not fit it"},
})

func numbered(table []Field) []*Field {
	pointers := make([]*Field, len(table))
	for i := range table {
		table[i].index = i
		pointers[i] = &table[i]
	}
	return pointers
}
