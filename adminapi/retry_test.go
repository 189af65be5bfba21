package adminapi_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
)

// script is a transport that acts each request out in turn, and succeeds when
// the script is at its end.
type script struct {
	t     *testing.T
	acts  []act
	times []time.Time
}

type act func(*http.Request) (*http.Response, error)

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	defer func() { _ = req.Body.Close() }()
	if got := readSent(s.t, req).OperationName; got != "UsersyncTotalCount" {
		s.t.Errorf("request %d carries operation %q", len(s.times)+1, got)
	}
	s.times = append(s.times, time.Now())
	if n := len(s.times); n <= len(s.acts) {
		return s.acts[n-1](req)
	}
	return response(req, http.StatusOK, countAnswer), nil
}

func status(code int, headers ...string) act {
	return func(req *http.Request) (*http.Response, error) {
		return response(req, code, "", headers...), nil
	}
}

func body(text string, headers ...string) act {
	return func(req *http.Request) (*http.Response, error) {
		return response(req, http.StatusOK, text, headers...), nil
	}
}

func broken(err error) act {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// cutShort answers well and breaks off in the middle of the body.
func cutShort(req *http.Request) (*http.Response, error) {
	resp := response(req, http.StatusOK, "")
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(countAnswer[:10]), failingReader{}))
	return resp, nil
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// silent never answers.
func silent(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func refusedConnection() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

const (
	namedError     = `{"data":{"users":null},"errors":[{"message":"m","path":["users"],"locations":[{"line":1,"column":2}],"extensions":{"errorName":"NAME","reason":"R"}}]}`
	validation     = `{"data":null,"errors":[{"message":"Cannot query field","locations":[{"line":1,"column":2}]}]}`
	unexpected     = `{"data":{"users":null},"errors":[{"message":"unexpected error","locations":[]}]}`
	partial        = `{"data":{"users":{"totalCount":7}},"errors":[{"message":"boom","path":["users",0],"locations":[{"line":1,"column":2}]}]}`
	mixed          = `{"data":null,"errors":[{"message":"unexpected error","locations":[]},{"message":"no","path":["users"],"extensions":{"errorName":"Invalid"}}]}`
	syntaxErrorOf  = `{"error":{"name":"InternalError","reason":"UnexpectedError","message":"unexpected error occurred","code":500,"tracking_id":"t"}}`
	quotaExhausted = `{"error":{"name":"TooManyRequest","reason":"UsageLimitExceeded","message":"usage limit exceeded","code":429}}`
)

// Which failures of a query are tried again, and which are final at once.
func TestRetryOfQueries(t *testing.T) {
	t.Parallel()
	named := func(name string) act { return body(strings.Replace(namedError, "NAME", name, 1)) }
	for name, c := range map[string]struct {
		act   act
		retry bool
	}{
		"connection refused":          {broken(refusedConnection()), true},
		"connection reset":            {broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), true},
		"no such host":                {broken(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}), true},
		"end of file":                 {broken(io.EOF), true},
		"no answer in time":           {silent, true},
		"body cut short":              {cutShort, true},
		"untrusted certificate":       {broken(&tls.CertificateVerificationError{Err: errors.New("x")}), false},
		"not TLS":                     {broken(tls.RecordHeaderError{Msg: "x"}), false},
		"429":                         {status(429), true},
		"500":                         {status(500), true},
		"500 of a syntax error":       {func(r *http.Request) (*http.Response, error) { return response(r, 500, syntaxErrorOf), nil }, true},
		"502":                         {status(502), true},
		"503":                         {status(503), true},
		"504":                         {status(504), true},
		"429 with the quota used up":  {func(r *http.Request) (*http.Response, error) { return response(r, 429, quotaExhausted), nil }, false},
		"400":                         {status(400), false},
		"401":                         {status(401), false},
		"404":                         {status(404), false},
		"408":                         {status(408), false},
		"413":                         {status(413), false},
		"501":                         {status(501), false},
		"304":                         {status(304), false},
		"301 to nowhere":              {status(301), false},
		"HTML":                        {body("<html>", "Content-Type", "text/html"), true},
		"JSON called HTML":            {body(countAnswer, "Content-Type", "text/html; charset=utf-8"), true},
		"no content type":             {body(countAnswer, "Content-Type", ""), true},
		"empty body":                  {body(""), true},
		"no JSON":                     {body("oops"), true},
		"JSON cut short":              {body(countAnswer[:len(countAnswer)-1]), true},
		"garbage after it":            {body(countAnswer + "x"), true},
		"a second answer after it":    {body(countAnswer + countAnswer), true},
		"empty object":                {body(`{}`), true},
		"null data":                   {body(`{"data":null}`), true},
		"null":                        {body(`null`), true},
		"list":                        {body(`[]`), true},
		"204":                         {status(204), true},
		"202":                         {func(r *http.Request) (*http.Response, error) { return response(r, 202, countAnswer), nil }, true},
		"InternalError":               {named("InternalError"), true},
		"ServiceUnavailable":          {named("ServiceUnavailable"), true},
		"TooManyRequest":              {named("TooManyRequest"), true},
		"unexpected error":            {body(unexpected), true},
		"unnamed error in the middle": {body(partial), true},
		"validation error":            {body(validation), false},
		"Invalid":                     {named("Invalid"), false},
		"NotFound":                    {named("NotFound"), false},
		"BadRequest":                  {named("BadRequest"), false},
		"Forbidden":                   {named("Forbidden"), false},
		"one that helps, one not":     {body(mixed), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, acts: []act{c.act}}
				cfg := config(t, "https://myapp.authgear.cloud", s)
				cfg.MaxRetries = 3
				client := newClient(t, cfg)
				count, err := client.TotalCount(t.Context())
				want := adminapi.Stats{Requests: 1}
				if c.retry {
					want = adminapi.Stats{Requests: 2, Retries: 1}
				}
				if client.Stats() != want {
					t.Errorf("stats %+v, want %+v", client.Stats(), want)
				}
				if c.retry && (count != 7 || err != nil) {
					t.Errorf("got %d, %v", count, err)
				}
				if e, ok := errors.AsType[*adminapi.Error](err); !c.retry && (!ok || e.Retryable() || e.Attempts != 1) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
