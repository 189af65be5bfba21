package userimport_test

import (
	"slices"
	"testing"

	"usersync/sync/userimport"
)

func TestTemplateImports(t *testing.T) {
	t.Parallel()
	for _, identifier := range userimport.Identifiers() {
		header, example := userimport.Template(identifier)
		if header[0] != string(identifier) || len(header) != len(example) {
			t.Errorf("%s: the header begins with %s; %d columns, %d cells", identifier, header[0], len(header), len(example))
		}
		for _, name := range []string{"email", "address.country", "roles", "password_hash", "mfa.totp.secret", "custom_attributes.member_id"} {
			if !slices.Contains(header, name) {
				t.Errorf("%s: there is no %s", identifier, name)
			}
		}
		mapping := newMapping(t, header, userimport.MappingConfig{Identifier: identifier, Empty: userimport.EmptyError})
		clean(t, mapping, cells(example...))
		if left := mapping.LeftOut(); len(left) > 0 {
			t.Errorf("%s: left out are %v", identifier, left)
		}
	}
}
