package adminapi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
)

// A refusal names what a person has to compare; the clock comes first when it
// is off.
func TestRefusalExplainsItself(t *testing.T) {
	t.Parallel()
	clock := newClock()
	ours := clock.now()
	const clockFirst = "set the clock right"
	for name, c := range map[string]struct {
		date time.Time // of the server; zero: none
		want string
		not  string
	}{
		"same time":          {date: ours, not: "clock"},
		"119 s off":          {date: ours.Add(119 * time.Second), not: "clock"},
		"121 s behind":       {date: ours.Add(121 * time.Second), want: "is 2m1s behind the server's"},
		"121 s ahead":        {date: ours.Add(-121 * time.Second), want: "is 2m1s ahead of the server's"},
		"10 minutes ahead":   {date: ours.Add(-10 * time.Minute), want: "is 10m0s ahead of the server's"},
		"an answer undated":  {not: "clock"},
		"in another century": {date: ours.AddDate(-30, 0, 0), want: "ahead of the server's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
				resp := response(req, http.StatusForbidden, "Forbidden\n", "Content-Type", "text/plain; charset=utf-8")
				if !c.date.IsZero() {
					resp.Header.Set("Date", c.date.UTC().Format(http.TimeFormat))
				}
				return resp, nil
			}))
			cfg.Now = clock.now
			_, err := newClient(t, cfg).TotalCount(t.Context())
			e, ok := errors.AsType[*adminapi.Error](err)
			if !ok || !e.Unauthorized() || e.Retryable() || e.Status != 403 {
				t.Fatalf("got %v", err)
			}
			for _, part := range []string{
				"refused the credentials", "https://myapp.authgear.cloud", `"myapp"`, `"key-one"`, cfg.Key.Thumbprint(),
			} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %q", part, err)
				}
			}
			if c.want != "" && (!strings.Contains(e.Hint, c.want) || !strings.HasPrefix(e.Hint, clockFirst)) {
				t.Errorf("hint %q", e.Hint)
			}
			if c.not != "" && strings.Contains(err.Error(), c.not) {
				t.Errorf("%q is in %q", c.not, err)
			}
		})
	}
}

// Redirects within the host are followed; a token never reaches another one.
func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s reached another host, Authorization %t", r.Method, r.URL, r.Header.Get("Authorization") != "")
	}))
	t.Cleanup(elsewhere.Close)
	for name, c := range map[string]struct {
		status int
		to     string
		want   string // "": the answer
	}{
		"another host":            {http.StatusTemporaryRedirect, elsewhere.URL + "/_api/admin/graphql?secret=hunter2", "redirects to " + elsewhere.URL + "/_api/admin/graphql, which is another host"},
		"another host, for ever":  {http.StatusPermanentRedirect, elsewhere.URL, "another host"},
		"another host, as a GET":  {http.StatusFound, elsewhere.URL, "another host"},
		"another scheme":          {http.StatusTemporaryRedirect, "https://HOST/moved", "another host"},
		"within the host":         {http.StatusTemporaryRedirect, "/moved", ""},
		"within the host as GET":  {http.StatusMovedPermanently, "/moved", "drops the request"},
		"round and round":         {http.StatusTemporaryRedirect, basePath + "/_api/admin/graphql", "redirected too often"},
		"within it, then outside": {http.StatusTemporaryRedirect, "/leaves", "another host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			to := strings.Replace(c.to, "HOST", strings.TrimPrefix(server.URL, "http://"), 1)
			mux.HandleFunc(basePath+"/_api/admin/graphql", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", to)
				w.WriteHeader(c.status)
			})
			mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
				if readSent(t, r).OperationName != "UsersyncTotalCount" || r.Header.Get("Authorization") == "" {
					t.Error("the request did not come whole")
				}
				writeJSON(w, countAnswer)
			})
			mux.HandleFunc("/leaves", func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
			})
			count, err := newClient(t, config(t, server.URL+basePath, nil)).TotalCount(t.Context())
			if c.want == "" {
				if count != 7 || err != nil {
					t.Errorf("got %d, %v", count, err)
				}
				return
			}
			if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.Retryable() || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats the redirect's query: %v", err)
			}
		})
	}
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	endpoint := server.URL
	server.Close()
	_, err := newClient(t, config(t, endpoint, nil)).TotalCount(t.Context())
	e, ok := errors.AsType[*adminapi.Error](err)
	if !ok || !e.Retryable() || e.Status != 0 || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("got %v", err)
	}
}

func TestWrongAddress(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	_, err := newClient(t, config(t, server.URL, nil)).TotalCount(t.Context())
	if err == nil || !strings.Contains(err.Error(), `404 Not Found "404 page not found"`) || !strings.Contains(err.Error(), "check the endpoint") {
		t.Errorf("got %v", err)
	}
}
