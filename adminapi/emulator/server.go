package emulator

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graphql-go/graphql"
)

// graphQLPath is where the API is, below the endpoint.
const graphQLPath = "/_api/admin/graphql"

// Config says who may call and what time it is.
type Config struct {
	// AppID and KeyID are what tokens must carry as aud and kid. Required.
	AppID, KeyID string
	// Key verifies the tokens. When nil, New makes a pair of 2048 bits (which
	// takes a while) whose private half Server.PrivateKeyPEM returns.
	Key *rsa.PublicKey
	// Now is the server's clock: the Date header, the validity of tokens (with
	// 5 minutes of skew either way), the times of changes. nil is time.Now.
	Now func() time.Time
	// Seed decides the ids the server makes. Two servers of the same seed that
	// are treated alike end up alike.
	Seed uint64
	// Logger gets one line a request at debug level. nil discards.
	Logger *slog.Logger
}

// Server is the emulated Admin API, mounted at the root of an endpoint. It is
// safe for many goroutines.
type Server struct {
	config  Config
	key     *keyPair
	schema  graphql.Schema
	project *Project
	mux     *http.ServeMux
	queries queryCache
	imports *importQueue

	requests   atomic.Int64
	operations operationCounter
	mishaps    atomic.Pointer[mishaps]
	before     atomic.Pointer[func(*http.Request)]
	afterList  atomic.Pointer[func()]
}

// New returns a server with an empty project. It fails when AppID or KeyID is
// missing.
func New(cfg Config) (*Server, error) {
	if cfg.AppID == "" || cfg.KeyID == "" {
		return nil, errors.New("make emulator: AppID and KeyID are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	key, err := newKeyPair(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("make emulator: %w", err)
	}
	schema, err := sharedSchema()
	if err != nil {
		return nil, fmt.Errorf("make emulator: %w", err)
	}
	s := &Server{
		config: cfg, key: key, schema: schema,
		project: &Project{store: newStore(cfg.AppID, cfg.Now, cfg.Seed)},
		mux:     http.NewServeMux(),
	}
	s.imports = newImportQueue(s.project.store, cfg)
	s.SetFaults(Faults{})
	s.routes()
	return s, nil
}

// routes is the place for further endpoints of the Admin API; each wants
// s.authorized around it.
func (s *Server) routes() {
	s.mux.Handle(graphQLPath, s.authorized(http.HandlerFunc(s.serveGraphQL)))
	s.mux.Handle("POST "+importPath, s.authorized(http.HandlerFunc(s.createImport)))
	s.mux.Handle("GET "+importPath+"/{id}", s.authorized(http.HandlerFunc(s.showImport)))
}

// ServeHTTP serves one request. What it drops or cuts short on demand (see
// Faults) it does by panicking with http.ErrAbortHandler, which net/http
// turns into a broken connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number := s.requests.Add(1)
	if f := s.before.Load(); f != nil {
		(*f)(r)
	}
	s.imports.work()
	w.Header().Set("Date", s.config.Now().UTC().Format(http.TimeFormat))
	s.config.Logger.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.Int64("number", number), slog.String("method", r.Method), slog.String("path", r.URL.Path))
	s.mishaps.Load().serve(w, r, uint64(number), s.mux)
}

// Project is the emulated project, with all imports carried out that are due.
func (s *Server) Project() *Project {
	s.imports.work()
	return s.project
}

// PrivateKeyPEM is the private key that New made, as PKCS#8 PEM like the file
// that Authgear's portal hands out; nil when Config.Key was given.
func (s *Server) PrivateKeyPEM() []byte { return s.key.privatePEM }

// SetFaults decides what goes wrong from now on; Faults{} is nothing.
func (s *Server) SetFaults(f Faults) { s.mishaps.Store(&mishaps{Faults: f}) }

// SetBeforeRequest calls f at the start of each request, in its goroutine,
// before anything is read; f may change the project. nil removes it.
func (s *Server) SetBeforeRequest(f func(*http.Request)) {
	if f == nil {
		s.before.Store(nil)
		return
	}
	s.before.Store(&f)
}

// SetAfterList calls f between the listing of a page of users and the loading
// of those users. One deleted in between has no edge in the answer, although
// hasNextPage still counts it. f may change the project. nil removes it.
func (s *Server) SetAfterList(f func()) {
	if f == nil {
		s.afterList.Store(nil)
		return
	}
	s.afterList.Store(&f)
}

// Requests is the number of requests so far, refused and disturbed ones included.
func (s *Server) Requests() int64 { return s.requests.Load() }

// Operations counts the GraphQL requests that were carried out by the name of
// their operation, "" for those without one.
func (s *Server) Operations() map[string]int64 { return s.operations.snapshot() }

type operationCounter struct {
	mu sync.Mutex
	by map[string]int64
}

func (c *operationCounter) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]int64{}
	}
	c.by[name]++
}

func (c *operationCounter) snapshot() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.by)
}
