// Package emulator is a local Authgear Admin API: an http.Handler that answers
// as the real server does, over a store of users that a test (or a demo) can
// change from Go between any two requests.
//
// What it serves and how it behaves was observed on a running Authgear server
// of August 2026 (PostgreSQL search, PostgreSQL audit log); what could not be
// observed was read in that release's source. Where Authgear's documentation
// differs, the server was followed.
//
// It is faithful where a client could be caught out: pages capped at 100,
// offset cursors, an order without tie-breaker, hasNextPage that only means
// "this page was full", a search mode with cursors of its own, an audit log in
// whole seconds that knows nothing of imports, every refusal of credentials
// the same "403 Forbidden", one transaction for all mutations of a request;
// imports that match as written, drop what they do not know and die of a null.
// It keeps no sessions, and of authenticators only what imports bring.
//
//	srv, err := emulator.New(emulator.Config{AppID: "myapp", KeyID: "key1"})
//	emulator.Generate(srv.Project(), 1000, 1, time.Now())
//	http.ListenAndServe("127.0.0.1:8787", srv)
package emulator
