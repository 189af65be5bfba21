package adminapi_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"usersync/adminapi"
)

func TestUserFieldsString(t *testing.T) {
	t.Parallel()
	for fields, want := range map[adminapi.UserFields]string{
		0:                         "id,createdAt",
		adminapi.FieldUpdatedAt:   "id,createdAt,updatedAt",
		adminapi.CostlyUserFields: "id,createdAt,verifiedClaims,identities,roles,groups",
		adminapi.FieldDeleteAt | adminapi.FieldIsDisabled | adminapi.FieldGroups: "id,createdAt,isDisabled,deleteAt,groups",
	} {
		if got := fields.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := strings.Count(adminapi.AllUserFields.String(), ",") + 1; got != 25 {
		t.Errorf("all fields are %d: %s", got, adminapi.AllUserFields)
	}
}

func TestUserFieldsAreASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.Map(rapid.Uint32(), func(n uint32) adminapi.UserFields {
			return adminapi.UserFields(n) & adminapi.AllUserFields
		})
		f, g := set.Draw(t, "f"), set.Draw(t, "g")
		if !f.With(g).Has(f) || !f.With(g).Has(g) {
			t.Fatal("the union lacks something")
		}
		if rest := f.Without(g); rest&g != 0 || rest.With(g) != f.With(g) {
			t.Fatal("the difference is wrong")
		}
		if f != g && f.String() == g.String() {
			t.Fatal("two sets read the same")
		}
	})
}
