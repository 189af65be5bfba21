package source_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/source"
	usersync "usersync/sync"
)

// Whatever goes wrong with a tenth of the requests, a sweep yields the project's
// users, all of them and as they are.
func TestFaultsLoseNobody(t *testing.T) {
	t.Parallel()
	const often = 0.1
	tests := map[string]emulator.Faults{
		"none": {},
		"refusals": {
			TooManyRequests: often, RetryAfter: 3 * time.Second, TooManyRequestsBare: often, Unavailable: often,
		},
		"failures":   {InternalError: often, BadGateway: often, WrongContentType: often},
		"connection": {DroppedConnection: often, TruncatedBody: often, SlowBody: often, SlowBodyFor: time.Second, Latency: often, LatencyFor: time.Second},
		"data":       {PartialData: often, NullNodes: often, MissingEdges: often},
	}
	for name, faults := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, from := emulated(t)
				emulator.Generate(server.Project(), 2000, 7, time.Now().Add(-time.Hour))
				want, _ := readAll(t, from, usersync.AllFields())
				server.SetFaults(faults)
				got, census := readAll(t, from, usersync.AllFields())
				if !census.Complete {
					t.Errorf("census is %+v", census)
				}
				compareWithProject(t, server.Project(), want)
				for id, u := range want {
					if got[id] == nil {
						t.Fatalf("user %s was not read", id)
					}
					for _, f := range usersync.Diff(u, got[id], usersync.AllFields()) {
						t.Errorf("user %s: %s is %v, without faults %v", id, f.Name, got[id].Get(f), u.Get(f))
					}
				}
				if len(got) != len(want) {
					t.Errorf("%d users were read, of %d", len(got), len(want))
				}
			})
		})
	}
}

// compareWithProject compares what was read with the emulator's own store, in
// a few fields: the rest is compared with recordings.
func compareWithProject(t *testing.T, project *emulator.Project, got map[usersync.ID]*usersync.User) {
	t.Helper()
	all := usersync.AllFields()
	field := func(name string) *usersync.Field {
		f, found := all.Lookup(name)
		if !found {
			t.Fatalf("there is no field %s", name)
		}
		return f
	}
	count := 0
	for stored := range project.All() {
		count++
		id, err := usersync.ParseID(stored.ID)
		if err != nil {
			t.Fatal(err)
		}
		u := got[id]
		if u == nil {
			t.Fatalf("user %s was not read", id)
		}
		email, _ := stored.StandardAttributes["email"].(string)
		roles, _ := u.Get(field("roles")).([]string)
		identities, _ := u.Get(field("identities")).([]any)
		listed := 0
		for _, identity := range stored.Identities {
			if identity.Type != emulator.IdentityBiometric && identity.Type != emulator.IdentityPasskey {
				listed++
			}
		}
		if u.Get(field("email")) != email || len(roles) != len(stored.Roles) || len(identities) != listed ||
			u.Get(field("created_at")) != stored.CreatedAt {
			t.Errorf("user %s is not as stored", id)
		}
	}
	if count != len(got) || count == 0 {
		t.Errorf("%d users were read, of %d", len(got), count)
	}
}

// emulated is an emulator and a source that reads it, by HTTP through pipes: in
// a bubble of synctest, where pauses take no time.
func emulated(t *testing.T) (*emulator.Server, *source.AdminAPI) {
	t.Helper()
	handler, err := emulator.New(emulator.Config{AppID: "myapp", KeyID: "key-one"})
	if err != nil {
		t.Fatal(err)
	}
	listener := newPipeListener()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	key, err := adminapi.ParseKey(handler.PrivateKeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	client, err := adminapi.New(adminapi.Config{
		Endpoint: "http://localhost", AppID: "myapp", KeyID: "key-one", Key: key, Base: transport, MaxRetries: 15,
	})
	if err != nil {
		t.Fatal(err)
	}
	return handler, source.NewAdminAPI(client, source.AdminAPIConfig{})
}

// A pipeListener accepts the connections that its dial makes.
type pipeListener struct {
	connections chan net.Conn
	closed      chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{connections: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.connections <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next dial.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case connection := <-l.connections:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (l *pipeListener) Close() error {
	close(l.closed)
	return nil
}

// Addr is of no meaning.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
