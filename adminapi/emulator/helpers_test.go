package emulator_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"usersync/adminapi/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	appID = "myapp"
	keyID = "key1"
)

// testKey is made once: making keys takes longer than most tests.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// clock is a time that only tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bundle is an emulator behind a real HTTP server.
type bundle struct {
	*emulator.Server
	t        testing.TB
	clock    *clock
	endpoint string
	lasting  string // an Authorization header that is always good
	client   *http.Client
}

func setup(t testing.TB) *bundle {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	srv, err := emulator.New(emulator.Config{AppID: appID, KeyID: keyID, Key: &testKey().PublicKey, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(srv)
	t.Cleanup(h.Close)
	t.Cleanup(h.CloseClientConnections)
	b := &bundle{Server: srv, t: t, clock: c, endpoint: h.URL, client: h.Client()}
	b.lasting = lastingToken()
	return b
}

// lastingToken never expires, which the real server allows too; signing takes
// longer than most requests.
var lastingToken = sync.OnceValue(func() string {
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"aud": appID})
	token.Header["kid"] = keyID
	signed, err := token.SignedString(testKey())
	if err != nil {
		panic(err)
	}
	return "Bearer " + signed
})

// bearer is an Authorization header of a good token, changed by edit.
func (b *bundle) bearer(edit func(*jwt.Token, jwt.MapClaims)) string {
	b.t.Helper()
	now := b.clock.Now()
	claims := jwt.MapClaims{"aud": []string{appID}, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = keyID
	if edit != nil {
		edit(token, claims)
	}
	signed, err := token.SignedString(testKey())
	if err != nil {
		b.t.Fatal(err)
	}
	return "Bearer " + signed
}

// answer is what came back over HTTP.
type answer struct {
	status      int
	contentType string
	header      http.Header
	body        []byte
}

// send posts a body; err is a broken connection.
func (b *bundle) send(authorization, contentType string, body []byte) (answer, error) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.endpoint+"/_api/admin/graphql", bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return b.do(r)
}

func (b *bundle) do(r *http.Request) (answer, error) {
	res, err := b.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, contentType: res.Header.Get("Content-Type"), header: res.Header}
	a.body, err = io.ReadAll(res.Body)
	return a, err
}

// result is a GraphQL answer.
type result struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

func (r result) reason() string {
	if len(r.Errors) == 0 {
		return ""
	}
	reason, _ := r.Errors[0].Extensions["reason"].(string)
	return reason
}

// ask sends a query and decodes the answer, errors included.
func (b *bundle) ask(query string, variables map[string]any) result {
	b.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		b.t.Fatal(err)
	}
	a, err := b.send(b.lasting, "application/json", body)
	if err != nil {
		b.t.Fatal(err)
	}
	if a.status != http.StatusOK {
		b.t.Fatalf("status %d: %s", a.status, a.body)
	}
	return decodeResult(b.t, a.body)
}

func decodeResult(t testing.TB, body []byte) result {
	t.Helper()
	var r result
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("decode %q: %v", body, err)
	}
	return r
}

// must sends a query that has no errors.
func (b *bundle) must(query string, variables map[string]any) map[string]any {
	b.t.Helper()
	r := b.ask(query, variables)
	if len(r.Errors) > 0 {
		b.t.Fatalf("%s: %+v", query, r.Errors)
	}
	return r.Data
}

// dig follows keys and indexes into decoded JSON: "users.edges.0.node.id".
func dig(t testing.TB, v any, path string) any {
	t.Helper()
	for key := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[key]
			if !ok {
				t.Fatalf("no %q of %q in %v", key, path, at)
			}
			v = next
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(at) {
				t.Fatalf("no %q of %q in %d elements", key, path, len(at))
			}
			v = at[i]
		default:
			t.Fatalf("no %q of %q in %v", key, path, v)
		}
	}
	return v
}

// create adds a user with an email, a second after the last one.
func (b *bundle) create(email string) string {
	b.t.Helper()
	b.clock.Add(time.Second)
	id, err := b.Project().Create(emulator.User{Identities: []emulator.Identity{emulator.EmailIdentity(email)}})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// without is a copy of an object that lacks some keys.
func without(m map[string]any, keys ...string) map[string]any {
	c := maps.Clone(m)
	for _, k := range keys {
		delete(c, k)
	}
	return c
}
