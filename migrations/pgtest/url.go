//go:build unix

package pgtest

import (
	"net/url"
	"testing"
)

// WithDatabase is the same server's address with another database.
func WithDatabase(t testing.TB, address, database string) string {
	t.Helper()
	parsed := parse(t, address)
	parsed.Path = "/" + database
	return parsed.String()
}

func withUser(t testing.TB, address, user, password string) string {
	t.Helper()
	parsed := parse(t, address)
	query := parsed.Query()
	query.Del("user")
	query.Del("password")
	parsed.RawQuery = query.Encode()
	parsed.User = url.UserPassword(user, password)
	return parsed.String()
}

func parse(t testing.TB, address string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme == "" {
		t.Fatal("pgtest: TEST_DATABASE_URL must have the form postgres://…")
	}
	return parsed
}
