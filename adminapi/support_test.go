package adminapi_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"usersync/adminapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	annID = "4df76823-72ce-4665-b873-61bd278a7505"
	bobID = "21a9cd5e-9f00-4b8c-bba4-d6ab654465c3"

	// basePath is where test servers serve the Admin API: never at the root,
	// so that a client that forgets the endpoint's path is found out.
	basePath = "/tenants/one"
)

// testKeyPEM is one key for all tests, because making one takes a while.
var testKeyPEM = sync.OnceValue(func() []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
})

func testKey(t testing.TB) *adminapi.Key {
	t.Helper()
	key, err := adminapi.ParseKey(testKeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// config is a configuration that works, for an endpoint and a transport (nil:
// the real one).
func config(t testing.TB, endpoint string, base http.RoundTripper) adminapi.Config {
	t.Helper()
	return adminapi.Config{
		Endpoint: endpoint, AppID: "myapp", KeyID: "key-one", Key: testKey(t),
		UserAgent: "usersync/test", Base: base,
	}
}

func newClient(t testing.TB, cfg adminapi.Config) *adminapi.Client {
	t.Helper()
	client, err := adminapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// serve starts a server with the handler at the Admin API's place under
// basePath, and returns a client of it that does not retry.
func serve(t testing.TB, handler http.HandlerFunc) *adminapi.Client {
	t.Helper()
	return newClient(t, config(t, serveEndpoint(t, handler), nil))
}

func serveEndpoint(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+basePath+"/_api/admin/graphql", handler)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + basePath
}

// answer is a handler that always answers 200 with the JSON body.
func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, body) }
}

func writeJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(w, body)
}

// sent is the GraphQL request that a client sent.
type sent struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

func readSent(t testing.TB, r *http.Request) sent {
	t.Helper()
	var s sent
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		t.Errorf("decode request: %v", err)
	}
	return s
}

// roundTrip is a transport in memory.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	defer func() {
		if req.Body != nil {
			_ = req.Body.Close()
		}
	}()
	return f(req)
}

// response is an answer in memory; headers come in pairs.
func response(req *http.Request, status int, body string, headers ...string) *http.Response {
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader([]byte(body))),
		ContentLength: int64(len(body)),
	}
	for i := 0; i < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}

const countAnswer = `{"data":{"users":{"totalCount":7}}}`

func newRSAKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func equalUsers(a, b *adminapi.User) bool { return cmp.Equal(a, b) }
