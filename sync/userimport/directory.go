package userimport

import (
	"context"

	usersync "usersync/sync"
)

// A Directory is what Authgear has, as of now.
type Directory interface {
	// Find says, for each value, who holds it as that standard attribute: by a
	// login ID, or by an account of an identity provider. Authgear normalises the
	// values. A value that cannot be of the kind is an error in its place.
	Find(ctx context.Context, kind Identifier, values []string) ([]Found, error)
	// Users reads users by id, at most [usersync.LookupBatch], with at least
	// [Settable]; nil stands where there is no such user.
	Users(ctx context.Context, ids []usersync.ID) ([]*usersync.User, error)
	// Allowed says whether a login ID is enabled in the project.
	Allowed(ctx context.Context, kind Identifier) (bool, error)
	// Roles and Groups are the keys of the project's roles and groups.
	Roles(ctx context.Context) ([]string, error)
	Groups(ctx context.Context) ([]string, error)
	// CustomAttributes are the custom attributes seen on users, with the type
	// that their values have in JSON ("string", "number", "boolean", "array",
	// "object", or several with commas), and how many users were looked at. It looks
	// at a few, and at more for as long as a wanted one is on none of them.
	CustomAttributes(ctx context.Context, wanted []string) (types map[string]string, users int, err error)
}

// Found is who holds a value.
type Found struct {
	IDs []usersync.ID // nobody, one, or who share it
	// Invalid says that Authgear takes the value for none of the kind.
	Invalid bool
}

// Settable are the fields that a record can set and that can be read back, and
// what tells users apart: everything that the comparison of rows with users uses.
func Settable() usersync.FieldSet {
	return usersync.FieldsNamed([]string{
		"preferred_username", "email", "phone_number", "email_verified", "phone_number_verified",
		"name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website",
		"gender", "birthdate", "zoneinfo", "locale", "address", "custom_attributes", "roles", "groups",
		"disabled", "created_at", "account_valid_from", "account_valid_until",
		"delete_at", "anonymize_at", "temporarily_disabled_from", "temporarily_disabled_until",
		"identities", "is_anonymized", "verified_claims", "other_attributes",
	})
}
