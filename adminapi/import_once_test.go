package adminapi_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
)

const jobAnswer = `{"result":{"id":"` + jobID + `","created_at":"2026-11-23T08:01:58Z","status":"pending"}}`

// importScript acts the first request out and answers all others well. It takes
// whole bodies, unless told to leave so many bytes of the first one.
type importScript struct {
	t     *testing.T
	act   act
	leave int64
	posts int
}

func (s *importScript) RoundTrip(req *http.Request) (*http.Response, error) {
	s.posts++
	if req.GetBody != nil {
		s.t.Error("the standard library could send it again by itself")
	}
	defer func() { _ = req.Body.Close() }()
	if s.posts == 1 && s.leave > 0 {
		_, _ = io.CopyN(io.Discard, req.Body, req.ContentLength-s.leave)
		return s.act(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil || string(body) != `{"identifier":"email","upsert":true,"records":[{"email":"ann@example.com"}]}` {
		s.t.Errorf("body %s, %v", body, err)
	}
	if s.posts == 1 {
		return s.act(req)
	}
	return response(req, http.StatusOK, jobAnswer), nil
}

// A batch goes out once, unless it certainly was not carried out.
func TestImportsAreSentOnce(t *testing.T) {
	t.Parallel()
	text := func(code int, body string) act {
		return func(req *http.Request) (*http.Response, error) { return response(req, code, body), nil }
	}
	halfAnswer := func(req *http.Request) (*http.Response, error) {
		resp := response(req, http.StatusOK, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(jobAnswer[:20]), failingReader{}))
		return resp, nil
	}
	for name, c := range map[string]struct {
		act   act
		leave int64 // bytes of the body that were never taken
		posts int
		known bool // that nothing happened; only where it is not sent again
	}{
		"connection refused":                    {act: broken(refusedConnection()), posts: 2},
		"no such host":                          {act: broken(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host"}}), posts: 2},
		"TLS handshake fails":                   {act: broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), leave: 75, posts: 2},
		"proxy cannot connect":                  {act: broken(&net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED}), leave: 75, posts: 2},
		"broken before the last byte":           {act: broken(&net.OpError{Op: "write", Err: syscall.EPIPE}), leave: 1, posts: 2},
		"no connection in time":                 {act: silent, leave: 75, posts: 2},
		"429":                                   {act: status(429), posts: 2},
		"429 with Retry-After":                  {act: status(429, "Retry-After", "7"), posts: 2},
		"403, and a fresh token":                {act: status(403), posts: 2},
		"broken after the last byte":            {act: broken(&net.OpError{Op: "write", Err: syscall.EPIPE}), posts: 1},
		"connection reset":                      {act: broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), posts: 1},
		"end of file":                           {act: broken(io.EOF), posts: 1},
		"no answer in time":                     {act: silent, posts: 1},
		"answer cut short":                      {act: halfAnswer, posts: 1},
		"JSON cut short":                        {act: text(200, jobAnswer[:40]), posts: 1},
		"something after it":                    {act: text(200, jobAnswer+"x"), posts: 1},
		"HTML":                                  {act: body("<html>", "Content-Type", "text/html"), posts: 1},
		"no result":                             {act: text(200, `{}`), posts: 1},
		"202":                                   {act: text(202, jobAnswer), posts: 1},
		"500":                                   {act: status(500), posts: 1},
		"502":                                   {act: status(502), posts: 1},
		"503":                                   {act: status(503), posts: 1},
		"503 with Retry-After":                  {act: status(503, "Retry-After", "1"), posts: 1},
		"504":                                   {act: status(504), posts: 1},
		"408":                                   {act: status(408), posts: 1},
		"499":                                   {act: status(499), posts: 1},
		"redirected into a GET":                 {act: status(303, "Location", "https://myapp.authgear.cloud/elsewhere"), posts: 1},
		"404 of its own task":                   {act: text(404, `{"error":{"name":"NotFound","reason":"TaskNotFound","message":"m"}}`), posts: 1},
		"404":                                   {act: status(404), posts: 1, known: true},
		"400":                                   {act: text(400, `{"error":{"name":"Invalid","reason":"ValidationFailed","message":"m"}}`), posts: 1, known: true},
		"413":                                   {act: text(413, `{"error":{"name":"RequestEntityTooLarge","reason":"JSONTooLarge","message":"m"}}`), posts: 1, known: true},
		"429 with the quota used up":            {act: text(429, quotaExhausted), posts: 1, known: true},
		"untrusted certificate":                 {act: broken(&tls.CertificateVerificationError{Err: errors.New("x")}), leave: 75, posts: 1, known: true},
		"early 503, of which nothing was taken": {act: status(503), leave: 75, posts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &importScript{t: t, act: c.act, leave: c.leave}
				cfg := config(t, "https://myapp.authgear.cloud", s)
				cfg.MaxRetries = 3
				req := batch(`{"email":"ann@example.com"}`)
				req.Upsert = true
				start := time.Now()
				job, err := newClient(t, cfg).ImportUsers(t.Context(), req)
				if s.posts != c.posts {
					t.Errorf("%d POSTs, want %d", s.posts, c.posts)
				}
				if name == "429 with Retry-After" && time.Since(start) != 7*time.Second {
					t.Errorf("waited %s", time.Since(start))
				}
				if c.posts == 2 {
					if err != nil || job.ID != jobID {
						t.Errorf("got %v, %v", job, err)
					}
					return
				}
				if _, ok := errors.AsType[*adminapi.Error](err); job != nil || !ok || adminapi.MayHaveHappened(err) == c.known {
					t.Errorf("got %v, %v; may have happened: %t", job, err, adminapi.MayHaveHappened(err))
				}
			})
		})
	}
}

// What was certainly not carried out stays so when the repetitions are used up,
// and what may have been is said to be, whatever had come before.
func TestImportAfterSeveralTries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		acts []act
		may  bool
	}{
		"never a connection":        {[]act{broken(refusedConnection()), broken(refusedConnection())}, false},
		"always too many requests":  {[]act{status(429), status(429)}, false},
		"refused twice":             {[]act{status(403), status(403)}, false},
		"broken at the second time": {[]act{status(429), broken(io.EOF)}, true},
		"broken with a fresh token": {[]act{status(403), broken(io.EOF)}, true},
		"502 at the second time":    {[]act{broken(refusedConnection()), status(502)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				posts := 0
				cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
					if _, err := io.Copy(io.Discard, req.Body); err != nil {
						t.Error(err)
					}
					posts++
					return c.acts[posts-1](req)
				}))
				cfg.MaxRetries = 1
				_, err := newClient(t, cfg).ImportUsers(t.Context(), batch(`{"email":"ann@example.com"}`))
				if posts != 2 || err == nil || adminapi.MayHaveHappened(err) != c.may {
					t.Errorf("%d POSTs, %v; may have happened: %t", posts, err, adminapi.MayHaveHappened(err))
				}
			})
		})
	}
}

// The quota's period is told, and nobody waits for it.
func TestImportQuota(t *testing.T) {
	t.Parallel()
	const body = `{"error":{"name":"TooManyRequest","reason":"UsageLimitExceeded","message":"usage limit exceeded","code":429,"info":{"name":"UserImport","period":"day"}}}`
	cfg := serveImports(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, body)
	})
	cfg.MaxRetries = 5
	_, err := newClient(t, cfg).ImportUsers(t.Context(), batch(`{"email":"ann@example.com"}`))
	e, ok := errors.AsType[*adminapi.Error](err)
	if !ok || e.Reason != adminapi.ReasonUsageLimit || e.Period() != "day" || e.Attempts != 1 || e.RetryAfter != 0 || adminapi.MayHaveHappened(err) {
		t.Errorf("got %v", err)
	}
	if (&adminapi.Error{}).Period() != "" {
		t.Error("there is a period where there is none")
	}
}

// Cancelling says whether the batch was on its way.
func TestImportCancelled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act   act
		leave int64
		may   bool
	}{
		"waiting for the answer":    {silent, 0, true},
		"while it is sent":          {silent, 1, false},
		"in a pause":                {status(429, "Retry-After", "30"), 0, false},
		"before a fresh token's go": {status(403), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &importScript{t: t, act: c.act, leave: c.leave}
				cfg := config(t, "https://myapp.authgear.cloud", s)
				cfg.MaxRetries, cfg.Rate = 3, 0.05 // the second one would have to wait for 20 s
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				req := batch(`{"email":"ann@example.com"}`)
				req.Upsert = true
				_, err := newClient(t, cfg).ImportUsers(ctx, req)
				if !errors.Is(err, context.DeadlineExceeded) || s.posts != 1 || adminapi.MayHaveHappened(err) != c.may {
					t.Errorf("%d POSTs, %v; may have happened: %t", s.posts, err, adminapi.MayHaveHappened(err))
				}
			})
		})
	}
}

// Against a real connection: a server that takes the batch and goes away has it,
// one that goes away before its last byte has not.
func TestImportOverBrokenConnections(t *testing.T) {
	t.Parallel()
	large := batch(`{"name":"` + strings.Repeat("x", 400_000) + `"}`)
	for name, c := range map[string]struct {
		take  int64 // bytes of the first batch that the server takes; 0: all
		posts int32
	}{
		"whole":        {0, 1},
		"half a batch": {1000, 2},
	} {
		for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(name+" "+proto, func(t *testing.T) {
				t.Parallel()
				var posts atomic.Int32
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Proto != proto {
						t.Errorf("protocol %s", r.Proto)
					}
					first := posts.Add(1) == 1
					if first && c.take > 0 {
						_, _ = io.CopyN(io.Discard, r.Body, c.take)
						panic(http.ErrAbortHandler)
					}
					if n, err := io.Copy(io.Discard, r.Body); err != nil || n != r.ContentLength {
						t.Errorf("%d bytes, %v", n, err)
					}
					if first {
						panic(http.ErrAbortHandler)
					}
					writeJSON(w, jobAnswer)
				}))
				// What is under way between the two must be less than the batch.
				server.EnableHTTP2 = true
				server.Config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10, MaxReadFrameSize: 16 << 10}
				server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
					if tcp, ok := conn.(*net.TCPConn); ok && tcp.SetReadBuffer(16<<10) != nil {
						t.Error("the buffer cannot be set")
					}
					return ctx
				}
				server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
				if proto == "HTTP/1.1" {
					server.Start()
				} else {
					server.StartTLS()
				}
				t.Cleanup(server.Close)
				transport := server.Client().Transport.(*http.Transport)
				transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
					if err == nil {
						err = conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
					}
					return conn, err
				}
				cfg := config(t, server.URL+basePath, transport)
				cfg.MaxRetries = 3
				_, err := newClient(t, cfg).ImportUsers(t.Context(), large)
				if posts.Load() != c.posts || (err == nil) != (c.posts == 2) || err != nil && !adminapi.MayHaveHappened(err) {
					t.Errorf("%d POSTs, %v", posts.Load(), err)
				}
			})
		}
	}
}

// Once a request is known not to have gone out whole, it cannot do so any more.
func TestImportGivenUpStaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var kept io.ReadCloser
		cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
			if kept != nil {
				_, err := io.Copy(io.Discard, req.Body)
				return response(req, http.StatusOK, jobAnswer), err
			}
			kept = req.Body
			_, _ = io.CopyN(io.Discard, req.Body, req.ContentLength-1)
			return nil, io.EOF
		}))
		cfg.MaxRetries = 1
		if _, err := newClient(t, cfg).ImportUsers(t.Context(), batch(`{"email":"ann@example.com"}`)); err != nil {
			t.Fatal(err)
		}
		if n, err := kept.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%d bytes more, %v", n, err)
		}
	})
}

// A server that is not there is tried again, and is known to have done nothing.
func TestImportWithoutServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	cfg := config(t, address, nil)
	cfg.MaxRetries = 1
	client := newClient(t, cfg)
	_, err := client.ImportUsers(t.Context(), batch(`{"email":"ann@example.com"}`))
	if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.Attempts != 2 || adminapi.MayHaveHappened(err) {
		t.Errorf("got %v", err)
	}
}

// Asking for a job changes nothing, and is repeated like every query.
func TestImportJobIsRepeated(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]act{
		"502": status(502), "connection reset": broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), "no answer in time": silent,
		"cut short": cutShort, "HTML": body("<html>", "Content-Type", "text/html"), "no result": body(`{"result":null}`),
		"429": status(429), "500": status(500), "202": func(r *http.Request) (*http.Response, error) { return response(r, 202, jobAnswer), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
					requests++
					if req.Method != http.MethodGet || req.URL.Path != "/_api/admin/users/import/"+jobID {
						t.Errorf("%s %s", req.Method, req.URL)
					}
					if requests == 1 {
						return first(req)
					}
					return response(req, http.StatusOK, jobAnswer), nil
				}))
				cfg.MaxRetries = 1
				job, err := newClient(t, cfg).ImportJob(t.Context(), jobID)
				if err != nil || job.ID != jobID || requests != 2 {
					t.Errorf("%d requests, %v, %v", requests, job, err)
				}
			})
		})
	}
}
