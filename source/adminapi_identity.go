package source

import (
	"strings"

	"usersync/adminapi"
)

// claimPrefix begins the claims in which the Admin API tells of an identity what
// its export tells in objects of their own. Both were read in Authgear's source.
const claimPrefix = "https://authgear.com/claims/"

// identityParts are, for each type of identity that exports list, the keys of
// its object and the claims (after claimPrefix and the type) that hold them.
func identityParts(kind string) map[string]string {
	switch kind {
	case "login_id":
		return map[string]string{
			"key":            "key",
			"type":           "type",
			"value":          "value",
			"original_value": "original_value",
		}
	case "oauth":
		return map[string]string{
			"provider_alias":      "provider_alias",
			"provider_type":       "provider_type",
			"provider_subject_id": "subject_id",
			"user_profile":        "profile",
		}
	case "ldap":
		return map[string]string{
			"server_name":             "server_name",
			"last_login_username":     "last_login_username",
			"user_id_attribute_name":  "user_id_attribute_name",
			"user_id_attribute_value": "user_id_attribute_value",
			"attributes":              "raw_attributes",
		}
	default:
		return nil
	}
}

// The types of identities that exports count and do not list.
const (
	biometric = "BIOMETRIC"
	passkey   = "PASSKEY"
)

// identities are a user's identities in the form of Authgear's export. Types
// that exports leave out (anonymous, siwe, and any to come) are listed with all
// their claims.
func identities(u *adminapi.User) any {
	var list []any
	for _, identity := range u.Identities {
		if identity.Type != biometric && identity.Type != passkey {
			list = append(list, exportedIdentity(identity))
		}
	}
	return list
}

func exportedIdentity(identity adminapi.Identity) map[string]any {
	kind := strings.ToLower(identity.Type)
	parts := identityParts(kind)
	exported := map[string]any{"type": kind}
	object := make(map[string]any)
	for key, claim := range parts {
		putValue(object, key, identity.Claims[claimPrefix+kind+"/"+claim])
	}
	putValue(exported, kind, object)
	claims := make(map[string]any)
	for claim, value := range identity.Claims {
		if parts == nil || !strings.HasPrefix(claim, claimPrefix) {
			claims[claim] = value
		}
	}
	putValue(exported, "claims", claims)
	return exported
}

// putValue leaves out what the export leaves out: null, and empty texts and objects.
func putValue(object map[string]any, key string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	case map[string]any:
		if len(v) == 0 {
			return
		}
	}
	object[key] = value
}

// identityCount reads how many identities of a type a user has.
func identityCount(kind string) reader {
	return func(u *adminapi.User) any {
		var count int64
		for _, identity := range u.Identities {
			if identity.Type == kind {
				count++
			}
		}
		return count
	}
}
