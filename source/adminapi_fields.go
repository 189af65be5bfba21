package source

import (
	"usersync/adminapi"
	usersync "usersync/sync"
)

// askedFor is what to ask the server for so that the fields of a set can be
// read, and no more.
func askedFor(set usersync.FieldSet) adminapi.UserFields {
	names := graphqlFields()
	var asked adminapi.UserFields
	for f := range set.All() {
		asked = asked.With(names[f.From])
	}
	return asked
}

// graphqlFields are the fields of Authgear's GraphQL User by the names that the
// field table calls them by.
func graphqlFields() map[string]adminapi.UserFields {
	return map[string]adminapi.UserFields{
		"createdAt":                0, // comes unasked
		"updatedAt":                adminapi.FieldUpdatedAt,
		"lastLoginAt":              adminapi.FieldLastLoginAt,
		"isAnonymous":              adminapi.FieldIsAnonymous,
		"isDisabled":               adminapi.FieldIsDisabled,
		"disableReason":            adminapi.FieldDisableReason,
		"isDeactivated":            adminapi.FieldIsDeactivated,
		"deleteAt":                 adminapi.FieldDeleteAt,
		"deleteReason":             adminapi.FieldDeleteReason,
		"isAnonymized":             adminapi.FieldIsAnonymized,
		"anonymizeAt":              adminapi.FieldAnonymizeAt,
		"temporarilyDisabledFrom":  adminapi.FieldTemporarilyDisabledFrom,
		"temporarilyDisabledUntil": adminapi.FieldTemporarilyDisabledUntil,
		"accountValidFrom":         adminapi.FieldAccountValidFrom,
		"accountValidUntil":        adminapi.FieldAccountValidUntil,
		"mfaGracePeriodEndAt":      adminapi.FieldMFAGracePeriodEndAt,
		"formattedName":            adminapi.FieldFormattedName,
		"endUserAccountID":         adminapi.FieldEndUserAccountID,
		"standardAttributes":       adminapi.FieldStandardAttributes,
		"customAttributes":         adminapi.FieldCustomAttributes,
		"verifiedClaims":           adminapi.FieldVerifiedClaims,
		"identities":               adminapi.FieldIdentities,
		"roles":                    adminapi.FieldRoles,
		"groups":                   adminapi.FieldGroups,
	}
}
