package emulator_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi/emulator"
)

// TestLoadedExportShowsRecordedUsers loads users as the User Export API wrote
// them and compares what GraphQL then shows with what it showed on the real
// server at that moment.
func TestLoadedExportShowsRecordedUsers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n, err := b.Project().LoadFile("testdata/export-cut.ndjson")
	must(t, err)
	recorded := map[string]map[string]any{}
	file, err := os.ReadFile("testdata/sweep-cut.ndjson")
	must(t, err)
	for line := range bytes.Lines(file) {
		node := decodeObject(t, line)
		recorded[node["id"].(string)] = node
	}
	if n != len(recorded) || n < 30 {
		t.Fatalf("loaded %d users, %d are recorded", n, len(recorded))
	}
	compareUsers(t, sweep(b), func(id string) map[string]any { return recorded[id] }, n)
}

// TestWholeExportShowsRecordedSweep does the same with all 20,651 users, in
// the order of the recorded sweep.
func TestWholeExportShowsRecordedSweep(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("AUTHGEAR_RECORDINGS")
	if dir == "" {
		dir = "../../../shared/authgear/recordings"
	}
	pages, err := os.Open(filepath.Join(dir, "sweep.ndjson.gz"))
	if errors.Is(err, os.ErrNotExist) || testing.Short() {
		t.Skip("the whole recording is not here (AUTHGEAR_RECORDINGS names its folder), or -short is set")
	}
	must(t, err)
	defer func() { _ = pages.Close() }()
	b := setup(t)
	n, err := b.Project().LoadFile(filepath.Join(dir, "export.ndjson.gz"))
	must(t, err)
	unpacked, err := gzip.NewReader(pages)
	must(t, err)
	lines := bufio.NewReaderSize(unpacked, 1<<20)
	var order []map[string]any
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			order = append(order, nodesOf(decodeResult(t, line).Data["users"])...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
	}
	at := 0
	compareUsers(t, sweep(b), func(id string) map[string]any {
		node := order[at]
		at++
		if node["id"] != id {
			t.Fatalf("user %d is %s, recorded %s", at, id, node["id"])
		}
		return node
	}, n)
	if at != 20_651 {
		t.Errorf("compared %d users", at)
	}
}

// sweep reads all users, page after page.
func sweep(b *bundle) []map[string]any {
	b.t.Helper()
	var all []map[string]any
	after := ""
	for {
		users := b.must(pageQuery, map[string]any{"first": 100, "after": after})["users"].(map[string]any)
		all = append(all, nodesOf(users)...)
		info := users["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			return all
		}
		after = info["endCursor"].(string)
	}
}

func compareUsers(t *testing.T, got []map[string]any, recorded func(id string) map[string]any, n int) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("swept %d users of %d", len(got), n)
	}
	for _, node := range got {
		want := recorded(node["id"].(string))
		// cmp is slow, and only needed when something differs.
		if w, g := exported(want), exported(node); !reflect.DeepEqual(w, g) {
			t.Fatalf("user %s (-recorded +got):\n%s", node["id"], cmp.Diff(w, g))
		}
	}
}

// exported leaves of a user what an export holds: no updatedAt, no reason, no ids and
// times of identities, no members of an address that OpenID Connect does not know.
func exported(node map[string]any) map[string]any {
	node = without(node, "updatedAt", "disableReason")
	attributes := without(node["standardAttributes"].(map[string]any), "updated_at")
	if address, ok := attributes["address"].(map[string]any); ok {
		if address = without(address, "planet"); len(address) == 0 {
			delete(attributes, "address")
		} else {
			attributes["address"] = address
		}
	}
	node["standardAttributes"] = attributes
	var identities []map[string]any
	for _, i := range nodesOf(node["identities"]) {
		identities = append(identities, without(i, "id", "createdAt", "updatedAt"))
	}
	node["identities"] = identities
	return node
}

func TestLoadNamesTheLine(t *testing.T) {
	t.Parallel()
	const good = `{"sub":"00000000-0000-4000-8000-000000000001","created_at":"2026-01-01T00:00:00Z"}` + "\n"
	for name, tt := range map[string]struct{ input, want string }{
		"broken JSON": {good + "\n{", "load users line 3: unexpected EOF"},
		"no id":       {`{"created_at":"2026-01-01T00:00:00Z"}`, `load users line 1: add user: read id "": not a UUID`},
		"twice":       {good + good, "load users line 2: add user 00000000-0000-4000-8000-000000000001: the id is taken"},
		"unknown identity": {
			`{"sub":"00000000-0000-4000-8000-000000000001","identities":[{"type":"telepathy"}]}`,
			`load users line 1: read identity of type "telepathy": not known from exports`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			n, err := b.Project().Load(bytes.NewReader([]byte(tt.input)))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if n != b.Project().Len() {
				t.Errorf("%d loaded, %d there", n, b.Project().Len())
			}
		})
	}
}

func TestLoadKeepsWhatGraphQLDoesNotShow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	line := `{"sub":"00000000-0000-4000-8000-000000000001","created_at":"2026-01-01T00:00:00.1234567Z","disabled":true,` +
		`"custom_attributes":{"big":9007199254740993},"roles":["r1"],"mfa":{"totps":[{"secret":"S"}]},"passkey_count":1,` +
		`"last_login_at":"2026-02-01T00:00:00Z","identities":[{"type":"oauth","oauth":{"provider_alias":"google",` +
		`"provider_type":"google","provider_subject_id":"1"},"claims":{"email":"a@example.com"}}]}`
	_, err := b.Project().Load(bytes.NewReader([]byte(line)))
	must(t, err)
	u, ok := b.Project().Get("00000000-0000-4000-8000-000000000001")
	if !ok {
		t.Fatal("not there")
	}
	if !u.Disabled || len(u.MFA.TOTPs) != 1 || u.CustomAttributes["big"] != json.Number("9007199254740993") || u.LastLoginAt == nil {
		t.Errorf("got %+v", u)
	}
	if got := u.CreatedAt.Nanosecond(); got != 123456000 {
		t.Errorf("created %d ns after the second, want microseconds", got)
	}
	if len(u.Identities) != 2 || u.Identities[0].Type != emulator.IdentityOAuth || u.Identities[1].Type != emulator.IdentityPasskey {
		t.Errorf("identities %+v", u.Identities)
	}
	found := b.must(`{getUserByOAuth(oauthProviderAlias:"google",oauthProviderUserID:"1"){id roles{edges{node{key}}}}}`, nil)
	if dig(t, found, "getUserByOAuth.roles.edges.0.node.key") != "r1" {
		t.Errorf("found %v", found)
	}
}
