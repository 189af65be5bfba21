package adminapi

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

type sender func(*http.Request) (*http.Response, error)

func (f sender) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// What changes something is only sent again when it was refused unheard, by
// whatever method it is sent.
func TestChangesAreNotRepeated(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		status int
		err    error
		method string
		want   int64 // requests
	}{
		"connection refused":         {err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, method: "POST", want: 2},
		"no such host":               {err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host"}}, method: "POST", want: 2},
		"429":                        {status: 429, method: "POST", want: 2},
		"connection reset":           {err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}, method: "POST", want: 1},
		"broken pipe":                {err: &net.OpError{Op: "write", Err: syscall.EPIPE}, method: "POST", want: 1},
		"end of file":                {err: io.EOF, method: "POST", want: 1},
		"500":                        {status: 500, method: "POST", want: 1},
		"502":                        {status: 502, method: "POST", want: 1},
		"503":                        {status: 503, method: "POST", want: 1},
		"504":                        {status: 504, method: "POST", want: 1},
		"503 to a GET":               {status: 503, method: "GET", want: 2},
		"connection reset of a GET":  {err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}, method: "GET", want: 2},
		"connection reset of a HEAD": {err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}, method: "HEAD", want: 2},
		"502 to a DELETE":            {status: 502, method: "DELETE", want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				client, err := New(Config{
					Endpoint: "https://myapp.authgear.cloud", AppID: "myapp", KeyID: "key-one", Key: key, MaxRetries: 3,
					Base: sender(func(req *http.Request) (*http.Response, error) {
						sent++
						if req.Body != nil {
							if body, err := io.ReadAll(req.Body); err != nil || string(body) != "{}" {
								t.Errorf("body %q of request %d, %v", body, sent, err)
							}
						}
						resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("done"))}
						if sent == 1 {
							if c.err != nil {
								return nil, c.err
							}
							resp.StatusCode = c.status
						}
						return resp, nil
					}),
				})
				if err != nil {
					t.Fatal(err)
				}
				var body io.Reader
				if c.method == "POST" {
					body = strings.NewReader("{}")
				}
				req, err := http.NewRequestWithContext(t.Context(), c.method, "https://myapp.authgear.cloud/_api/admin/users/import", body)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := client.do(req)
				if got := client.Stats().Requests; got != c.want {
					t.Errorf("%d requests, want %d", got, c.want)
				}
				if c.want == 1 {
					if e, ok := errors.AsType[*Error](err); !ok || e.Operation != c.method+" /_api/admin/users/import" {
						t.Errorf("got %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = resp.Body.Close() }()
				if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "done" {
					t.Errorf("answer %q, %v", body, err)
				}
			})
		})
	}
}

// A token does not leave for another host, even if something below the
// redirects' check should ask for it.
func TestTokenStaysWithItsHost(t *testing.T) {
	t.Parallel()
	endpoint, err := ParseEndpoint("https://myapp.authgear.cloud", false)
	if err != nil {
		t.Fatal(err)
	}
	auth := &authTransport{endpoint: endpoint, next: sender(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, io.EOF
	})}
	for _, address := range []string{"https://example.com/", "http://myapp.authgear.cloud/", "https://myapp.authgear.cloud:8443/"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := auth.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: no error", address)
		}
	}
}
