package adminapi_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"usersync/adminapi"
)

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://myapp.authgear.cloud":                                        "https://myapp.authgear.cloud",
		"https://myapp.authgear.cloud/":                                       "https://myapp.authgear.cloud",
		"https://myapp.authgear.cloud/_api/admin/graphql":                     "https://myapp.authgear.cloud",
		"https://myapp.authgear.cloud/_api/admin/graphql/":                    "https://myapp.authgear.cloud",
		" https://MyApp.Authgear.Cloud \n":                                    "https://myapp.authgear.cloud",
		"HTTPS://myapp.authgear.cloud:443/":                                   "https://myapp.authgear.cloud",
		"https://id.example.com:8443/auth/":                                   "https://id.example.com:8443/auth",
		"https://id.example.com/auth/_api/admin/graphql/_api/admin/graphql//": "https://id.example.com/auth",
		"http://localhost:3000":                                               "http://localhost:3000",
		"http://127.0.0.1:80/":                                                "http://127.0.0.1",
		"http://127.9.9.9:8787":                                               "http://127.9.9.9:8787",
		"http://[::1]:8787/":                                                  "http://[::1]:8787",
		"http://[::1]":                                                        "http://[::1]",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			u, err := adminapi.ParseEndpoint(in, false)
			if err != nil {
				t.Fatal(err)
			}
			if u.String() != want {
				t.Errorf("got %s, want %s", u, want)
			}
		})
	}
}

func TestParseEndpointInsecure(t *testing.T) {
	t.Parallel()
	u, err := adminapi.ParseEndpoint("http://authgear.internal:3000/", true)
	if err != nil {
		t.Fatal(err)
	}
	if got := u.String(); got != "http://authgear.internal:3000" {
		t.Errorf("got %s", got)
	}
}

func TestParseEndpointRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                     "it is empty",
		"  ":                                   "it is empty",
		"myapp.authgear.cloud":                 "write https:// before it",
		"localhost:3000":                       "write https:// before it",
		"ftp://myapp.authgear.cloud":           "the scheme is ftp",
		"http://myapp.authgear.cloud":          "without https",
		"http://localhost.example.com":         "without https",
		"http://10.0.0.1:3000":                 "without https",
		"https://":                             "names no host",
		"https:///path":                        "names no host",
		"https://ann:hunter2@example.com":      "user name or password",
		"https://example.com/?token=hunter2":   "after a ? or #",
		"https://example.com/#hunter2":         "after a ? or #",
		"https://ann:hunter2@example.com:port": "read endpoint",
		"ann:hunter2@example.com":              "write https:// before it",
		"https://exa mple.com/":                "read endpoint",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			_, err := adminapi.ParseEndpoint(in, false)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %q, want it to say %q", err, want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a secret: %q", err)
			}
		})
	}
}

// What ParseEndpoint returns, it accepts again and leaves as it is.
func TestParseEndpointIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringMatching(`https://[a-zA-Z0-9.-]{1,12}(:[0-9]{1,4})?(/[a-z_]{0,5}){0,3}(/_api/admin/graphql)?/{0,2}`).Draw(t, "endpoint")
		once, err := adminapi.ParseEndpoint(in, false)
		if err != nil {
			t.Skip(err)
		}
		twice, err := adminapi.ParseEndpoint(once.String(), false)
		if err != nil {
			t.Fatal(err)
		}
		if once.String() != twice.String() {
			t.Fatalf("%s became %s", once, twice)
		}
	})
}
