package main

import (
	"slices"
	"strings"

	"usersync/sync/userimport"
)

// isSecretField says whether a field of a record holds what nobody may see.
func isSecretField(field string) bool {
	object, _, _ := strings.Cut(strings.ToLower(field), ".")
	return object == "password" || object == "password_hash" || object == "mfa"
}

// secretColumns says which columns of a table hold secrets: those that become
// passwords and second factors, and of those that nothing becomes of, the ones
// whose names sound like it.
func secretColumns(mapping *userimport.Mapping) func(column string) bool {
	used, secret := make(map[string]bool), make(map[string]bool)
	for _, target := range mapping.Targets() {
		used[target.Column] = true
		secret[target.Column] = secret[target.Column] || isSecretField(target.Field)
	}
	return func(column string) bool {
		if used[column] {
			return secret[column]
		}
		return slices.ContainsFunc([]string{"pass", "pwd", "secret", "totp", "otp", "mfa", "hash", "salt", "digest", "token", "credential", "backup", "recovery", "private"}, func(word string) bool {
			return strings.Contains(strings.ToLower(column), word)
		})
	}
}
