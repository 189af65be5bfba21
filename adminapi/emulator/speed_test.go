package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usersync/adminapi/emulator"
)

// pageQuery asks for everything that is mirrored of a page of users.
const pageQuery = `query Page($first:Int,$after:String){users(first:$first,after:$after,sortBy:CREATED_AT,sortDirection:DESC){totalCount pageInfo{hasNextPage endCursor} edges{cursor node{` + userFields + `}}}}`

const userFields = `id createdAt updatedAt lastLoginAt isAnonymous isDisabled disableReason isDeactivated deleteAt deleteReason isAnonymized anonymizeAt temporarilyDisabledFrom temporarilyDisabledUntil accountValidFrom accountValidUntil mfaGracePeriodEndAt standardAttributes customAttributes formattedName endUserAccountID verifiedClaims{name value} identities{edges{node{id type createdAt updatedAt claims}}} roles{edges{node{key}}} groups{edges{node{key}}}`

// BenchmarkPage measures a full page of 100 users with all fields, HTTP aside.
func BenchmarkPage(b *testing.B) {
	e := setup(b)
	emulator.Generate(e.Project(), 20_000, 1, e.clock.Now())
	body, err := json.Marshal(map[string]any{"query": pageQuery, "variables": map[string]any{"first": 100, "after": cursor(9_999)}})
	must(b, err)
	token := e.bearer(nil)
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/_api/admin/graphql", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
}

// BenchmarkGenerate measures what a million users cost before anyone reads them.
func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		e := setup(b)
		emulator.Generate(e.Project(), 1_000_000, 1, e.clock.Now())
	}
}
