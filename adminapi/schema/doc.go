// Package schema looks at the GraphQL schema of an Authgear server: it reads it
// by introspection, writes it in GraphQL's own language, says whether all that
// package adminapi sends is valid on that server, and what is new or gone since
// the release that adminapi was built against.
package schema
