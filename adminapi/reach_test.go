package adminapi_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
)

func TestReach(t *testing.T) {
	t.Parallel()
	var authorised []string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorised = r.Header.Values("Authorization")
		if r.Method != http.MethodPost || r.URL.Path != "/base/_api/admin/graphql" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		w.Header().Set("Date", "Mon, 23 Nov 2026 03:15:00 GMT")
		http.Redirect(w, r, "https://elsewhere.example.com/", http.StatusFound)
	})
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	now := time.Date(2026, 11, 23, 3, 10, 0, 0, time.UTC)
	reached, err := adminapi.Reach(t.Context(), adminapi.Config{Endpoint: server.URL + "/base", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if reached.Status != http.StatusFound || len(authorised) != 0 || !reached.CertificateUntil.IsZero() || !reached.Dated || reached.Took <= 0 {
		t.Errorf("%+v, authorised by %q", reached, authorised)
	}
	if off := reached.Ahead - reached.Took/2 + 5*time.Minute; off != -500*time.Millisecond {
		t.Errorf("ahead by %v", reached.Ahead)
	}
}

func TestReachTellsWhatTheServerDoesNotSay(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }))
	t.Cleanup(secure.Close)
	reached, err := adminapi.Reach(t.Context(), adminapi.Config{Endpoint: secure.URL, Base: secure.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	if reached.Dated || reached.Ahead != 0 || !reached.CertificateUntil.Equal(secure.Certificate().NotAfter) {
		t.Errorf("%+v", reached)
	}
}

func TestReachFails(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(t.Output(), "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, err := adminapi.Reach(t.Context(), adminapi.Config{Endpoint: secure.URL})
	failure, is := errors.AsType[*adminapi.Error](err)
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); !is || !untrusted || failure.Retryable() || failure.Hint == "" {
		t.Errorf("without trust: %v", err)
	}
	_, err = adminapi.Reach(t.Context(), adminapi.Config{Endpoint: gone.URL})
	if failure, is = errors.AsType[*adminapi.Error](err); !is || !failure.Retryable() || failure.Hint == "" {
		t.Errorf("nobody there: %v", err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	_, err = adminapi.Reach(t.Context(), adminapi.Config{Endpoint: strings.Replace(plain.URL, "http:", "https:", 1)})
	if failure, is = errors.AsType[*adminapi.Error](err); !is || failure.Retryable() || !strings.Contains(failure.Hint, "does not speak TLS") {
		t.Errorf("no TLS: %v", err)
	}
	if _, err := adminapi.Reach(t.Context(), adminapi.Config{Endpoint: "http://app.example.com"}); err == nil {
		t.Error("http:// to another machine is allowed")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := adminapi.Reach(ended, adminapi.Config{Endpoint: secure.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
