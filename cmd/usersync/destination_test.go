package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseDestination(t *testing.T) {
	t.Parallel()
	tests := []struct{ to, databaseURL, shown string }{
		{"postgres://app:hush@db.example.com:5432/app?sslmode=require", "", "postgres://app@db.example.com:5432/app"},
		{"postgresql://db.example.com/app?user=app&password=hush", "", "postgresql://db.example.com/app"},
		{"postgres:///app?host=/run/postgresql", "", "postgres:///app"},
		{"postgres", "postgres://app:hush@db.example.com/app", "postgres://app@db.example.com/app"},
		{"users.csv", "", "users.csv"},
		{"/var/lib/My Users.CSV", "", "/var/lib/My Users.CSV"},
	}
	for _, test := range tests {
		d, err := parseDestination("to", test.to, test.databaseURL)
		if err != nil {
			t.Errorf("%s: %v", test.to, err)
			continue
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, d); got != test.shown {
				t.Errorf("%s of %s: %s", verb, test.to, got)
			}
		}
	}
}

func TestParseDestinationRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ to, databaseURL, want string }{
		{"postgres", "", "DATABASE_URL, which is not set"},
		{"postgres", "mysql://app:hush@h/d", "DATABASE_URL is no address of a Postgres database"},
		{"postgres", "host=h password=hush", "DATABASE_URL is no address of a Postgres database"},
		{"postgres://app:hu/sh@h/d", "", "malformed"},
		{"postgres://app:hush@h:port/d", "", "malformed"},
		{"postgres://app:%hush@h/d", "", "malformed"},
		{"mysql://app:hush@h/d", "", "no place for a mirror"},
		{"host=h password=hush", "", "no place for a mirror"},
		{"users.json", "", `"users.json" is no place for a mirror`},
		{"users", "", "no place for a mirror"},
	}
	for _, test := range tests {
		_, err := parseDestination("to", test.to, test.databaseURL)
		if exitCode(err) != exitUsage {
			t.Errorf("%s: %v", test.to, err)
			continue
		}
		if message := err.Error(); !strings.Contains(message, test.want) || strings.Contains(message, "hush") || strings.Contains(message, "hu/sh") {
			t.Errorf("%s: %s", test.to, message)
		}
	}
}

// TestShownURLHidesPasswords tries every place in which people put passwords,
// escaped or not.
func TestShownURLHidesPasswords(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"hush", "hush/x", "x/hush", "hush?x", "x#hush", "1/hush", "1#hush", "1?hush", "hush@x", "x@hush", "%hush", "hu sh", "12:hush"} {
		for _, form := range []string{"postgres://app:%s@h/d", "postgres://:%s@h:5432/d?sslmode=off", "postgres://app@h/d?password=%s", "postgresql://h/d?sslpassword=%s&x=y"} {
			address := fmt.Sprintf(form, password)
			if shown := shownURL(address); strings.Contains(shown, "hush") || strings.Contains(shown, "hu sh") {
				t.Errorf("%s is shown as %s", address, shown)
			}
			if !urlHasPassword(address) {
				t.Errorf("%s: no password was noticed", address)
			}
		}
	}
	for _, address := range []string{"postgres://app@h/d", "postgres", "users.csv", "postgres:///d?host=/run"} {
		if urlHasPassword(address) {
			t.Errorf("%s: a password was noticed", address)
		}
	}
}
