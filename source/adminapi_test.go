package source_test

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
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/source"
	usersync "usersync/sync"
)

// A cannedServer is an Admin API that never changes, without a network: the
// nodes of users as a server wrote them, newest first.
type cannedServer struct {
	nodes    []json.RawMessage
	ids      []string // of the nodes, as the Admin API writes them
	requests atomic.Int64
	// queries are all queries that were sent.
	mu      sync.Mutex
	queries []string
	// before, unless nil, is called with the number of each request, from 1, and
	// may answer in the server's place.
	before func(*http.Request, int64) (*http.Response, error)
}

func newCannedServer(t testing.TB, nodes []json.RawMessage) *cannedServer {
	t.Helper()
	s := &cannedServer{nodes: nodes}
	for _, node := range nodes {
		var id struct{ ID string }
		if err := json.Unmarshal(node, &id); err != nil {
			t.Fatal(err)
		}
		s.ids = append(s.ids, id.ID)
	}
	return s
}

// RoundTrip answers a request for a page of users or for users by id.
func (s *cannedServer) RoundTrip(r *http.Request) (*http.Response, error) {
	number := s.requests.Add(1)
	if s.before != nil {
		if response, err := s.before(r, number); response != nil || err != nil {
			return response, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var request struct {
		Query     string
		Variables struct {
			First int
			After string
			IDs   []string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	s.mu.Lock()
	s.queries = append(s.queries, request.Query)
	s.mu.Unlock()
	var body []byte
	if strings.Contains(request.Query, "nodes(") {
		body = s.byID(request.Variables.IDs)
	} else {
		start := 0
		if request.Variables.After != "" {
			after, err := adminapi.ParseOffsetCursor(request.Variables.After)
			if err != nil {
				return nil, err
			}
			start = after + 1
		}
		body = s.page(start, request.Variables.First)
	}
	return answer(r, body), nil
}

func answer(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{
			"Content-Type": {"application/json; charset=utf-8"},
			"Date":         {time.Now().UTC().Format(http.TimeFormat)},
		},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func (s *cannedServer) page(start, first int) []byte {
	start = min(start, len(s.nodes))
	end := min(start+first, len(s.nodes))
	var body bytes.Buffer
	endCursor := ""
	body.WriteString(`{"data":{"users":{"edges":[`)
	for i := start; i < end; i++ {
		if i > start {
			body.WriteByte(',')
		}
		endCursor = adminapi.OffsetCursor(i)
		fmt.Fprintf(&body, `{"cursor":%q,"node":%s}`, endCursor, s.nodes[i])
	}
	fmt.Fprintf(&body, `],"pageInfo":{"endCursor":%q,"hasNextPage":%v},"totalCount":%d}}}`, endCursor, end-start == first, len(s.nodes))
	return body.Bytes()
}

func (s *cannedServer) byID(ids []string) []byte {
	found := make(map[string]json.RawMessage)
	for i, id := range s.ids {
		found[id] = s.nodes[i]
	}
	var body bytes.Buffer
	body.WriteString(`{"data":{"nodes":[`)
	for i, id := range ids {
		if i > 0 {
			body.WriteByte(',')
		}
		if node := found[id]; node != nil {
			body.WriteString(`{"__typename":"User",`)
			body.Write(node[1:])
		} else {
			body.WriteString("null")
		}
	}
	body.WriteString("]}}")
	return body.Bytes()
}

// readFrom is a source over a server.
func readFrom(t testing.TB, server http.RoundTripper, concurrency int) *source.AdminAPI {
	t.Helper()
	key, err := adminapi.ParseKey(keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	client, err := adminapi.New(adminapi.Config{
		Endpoint: "https://myapp.example.com", AppID: "myapp", KeyID: "key-one", Key: key, Base: server,
	})
	if err != nil {
		t.Fatal(err)
	}
	return source.NewAdminAPI(client, source.AdminAPIConfig{Concurrency: concurrency})
}

// keyPEM is one key for all tests, because making one takes a while.
var keyPEM = sync.OnceValue(func() []byte {
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

// publicKey is the other half of keyPEM.
func publicKey(t testing.TB) *rsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode(keyPEM())
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return &key.(*rsa.PrivateKey).PublicKey
}

// readAll reads every user of a source once, and fails on any error.
func readAll(t testing.TB, from usersync.Source, fields usersync.FieldSet) (map[usersync.ID]*usersync.User, usersync.Census) {
	t.Helper()
	var census usersync.Census
	users := make(map[usersync.ID]*usersync.User)
	for u, err := range from.Users(t.Context(), fields, &census) {
		if err != nil {
			t.Fatal(err)
		}
		users[u.ID] = u
	}
	return users, census
}
