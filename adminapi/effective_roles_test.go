package adminapi_test

import (
	"net/http"
	"slices"
	"testing"

	"usersync/adminapi"
)

func TestEffectiveRoles(t *testing.T) {
	t.Parallel()
	edges := `"edges":[{"node":{"key":"viewer"}},{"node":{"key":"admin"}},{"node":{"key":"viewer"}}]`
	for name, test := range map[string]struct {
		body  string
		roles []string
		fails bool
	}{
		"each once":          {body: `{"data":{"node":{"effectiveRoles":{"totalCount":3,` + edges + `}}}}`, roles: []string{"admin", "viewer"}},
		"none":               {body: `{"data":{"node":{"effectiveRoles":{"totalCount":0,"edges":[]}}}}`},
		"nobody":             {body: `{"data":{"node":null}}`},
		"not all of them":    {body: `{"data":{"node":{"effectiveRoles":{"totalCount":4,` + edges + `}}}}`, fails: true},
		"not a user":         {body: `{"data":{"node":{}}}`, fails: true},
		"an error beside it": {body: `{"data":{"node":null},"errors":[{"message":"no"}]}`, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if got := readSent(t, r); got.Variables["id"] != adminapi.NodeID(annID) {
					t.Errorf("sent %v", got.Variables)
				}
				writeJSON(w, test.body)
			})
			roles, err := client.EffectiveRoles(t.Context(), annID)
			if (err != nil) != test.fails || !slices.Equal(roles, test.roles) {
				t.Errorf("%q, %v", roles, err)
			}
		})
	}
	client := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	if roles, err := client.EffectiveRoles(t.Context(), "ann"); err == nil {
		t.Errorf("%q", roles)
	}
}
