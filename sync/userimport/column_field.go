package userimport

// A field is one thing that a record can hold, under the name that columns have
// for it.
type field struct {
	name   string // with dots for what is inside of an object
	stored string // where the record has it, if that is not its name
	path   []string
	kind   fieldKind
	// check makes what is sent of a text that is not empty. Both a value and a
	// fault mean a warning.
	check func(m *Mapping, text string) (any, *fault)
	exact bool // spaces around a value belong to it
	// nullable says that Authgear removes the value when it is null.
	nullable bool
	secret   bool   // values are never shown: all that is about passwords and second factors
	example  string // for the template; empty leaves the field out of it
}

type fieldKind uint8

const (
	textKind       fieldKind = iota
	boolKind                 // true or false
	keysKind                 // keys of roles or groups
	objectKind               // an object whose members are fields of the table
	attributesKind           // the object of custom attributes
	attributeKind            // one of them
)

// recordFields are the fields of the User Import API's records (the server's
// pkg/lib/userimport), in the order of Authgear's exports.
func recordFields() []field {
	return []field{
		{name: "preferred_username", check: checkUsername, nullable: true, example: "ann.example"},
		{name: "email", check: checkEmail, nullable: true, example: "ann@example.com"},
		{name: "phone_number", check: checkPhone, nullable: true, example: "+85298765432"},
		{name: "email_verified", kind: boolKind, example: "true"},
		{name: "phone_number_verified", kind: boolKind, example: "true"},
		{name: "name", check: checkText, exact: true, nullable: true, example: "Ann Example"},
		{name: "given_name", check: checkText, exact: true, nullable: true, example: "Ann"},
		{name: "family_name", check: checkText, exact: true, nullable: true, example: "Example"},
		{name: "middle_name", check: checkText, exact: true, nullable: true, example: "Bea"},
		{name: "nickname", check: checkText, exact: true, nullable: true, example: "Annie"},
		{name: "profile", check: checkURL, nullable: true, example: "https://example.com/ann"},
		{name: "picture", check: checkPicture, nullable: true, example: "https://example.com/ann.jpg"},
		{name: "website", check: checkURL, nullable: true, example: "https://ann.example.com"},
		{name: "gender", check: checkText, exact: true, nullable: true, example: "female"},
		{name: "birthdate", check: checkBirthdate, nullable: true, example: "1990-12-31"},
		{name: "zoneinfo", check: checkZone, nullable: true, example: "Asia/Hong_Kong"},
		{name: "locale", check: checkLocale, nullable: true, example: "zh-HK"},
		{name: "address", kind: objectKind, nullable: true},
		{name: "address.formatted", check: checkText, exact: true, nullable: true, example: "1 Example Street, Hong Kong"},
		{name: "address.street_address", check: checkText, exact: true, nullable: true, example: "1 Example Street"},
		{name: "address.locality", check: checkText, exact: true, nullable: true, example: "Central"},
		{name: "address.region", check: checkText, exact: true, nullable: true, example: "Hong Kong Island"},
		{name: "address.postal_code", check: checkText, exact: true, nullable: true, example: "999077"},
		{name: "address.country", check: checkText, exact: true, nullable: true, example: "HK"},
		{name: "custom_attributes", kind: attributesKind},
		{name: "roles", kind: keysKind, example: "editor;viewer"},
		{name: "groups", kind: keysKind, example: "sales"},
		{name: "disabled", kind: boolKind, example: "false"},
		{name: "account_valid_from", check: checkTime, example: "2026-01-01T00:00:00Z"},
		{name: "account_valid_until", check: checkTime, example: "2036-01-01T00:00:00Z"},
		{name: "password", kind: objectKind},
		{name: "password.type", check: checkPasswordType},
		{name: "password.password_hash", check: checkBcrypt},
		{name: "password_hash", stored: "password.password_hash", check: checkBcrypt, example: exampleHash},
		{name: "password.expire_after", check: checkTime, example: "2027-01-01T00:00:00Z"},
		{name: "mfa", kind: objectKind},
		{name: "mfa.email", check: checkEmail, nullable: true, example: "ann@example.com"},
		{name: "mfa.phone_number", check: checkPhone, nullable: true, example: "+85298765432"},
		{name: "mfa.password", kind: objectKind},
		{name: "mfa.password.type", check: checkPasswordType},
		{name: "mfa.password.password_hash", check: checkBcrypt},
		{name: "mfa.password_hash", stored: "mfa.password.password_hash", check: checkBcrypt, example: exampleHash},
		{name: "mfa.password.expire_after", check: checkTime},
		{name: "mfa.totp", kind: objectKind},
		{name: "mfa.totp.secret", check: checkTOTP, example: "GEZDGNBVGY3TQOJQ"},
	}
}

// exampleHash is of no password: a hash has to look like one to be taken.
const exampleHash = "$2b$12$EXAMPLEEXAMPLEEXAMPLE.EXAMPLEEXAMPLEEXAMPLEEXAMPLE.00"
