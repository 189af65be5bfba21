package adminapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"usersync/adminapi"
)

// What a batch holds is in no error and no log, even if a gateway repeats it.
func TestImportsAreNotShown(t *testing.T) {
	t.Parallel()
	const hash, email, secret = "$2a$10$N9qo8uLOickgx2ZMRZoMye", "ann@example.com", "GEZDGNBVGY3TQOJQ"
	req := batch(`{"email":"`+email+`","password":{"type":"bcrypt","password_hash":"`+hash+`"},"mfa":{"totp":{"secret":"`+secret+`"}}}`, `{}`)
	echo := func(code int, kind string) act {
		return func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			return response(r, code, string(body), "Content-Type", kind), err
		}
	}
	for name, answer := range map[string]act{
		"400 in plain text":   echo(400, "text/plain"),
		"403 in plain text":   echo(403, "text/plain"),
		"429 in plain text":   echo(429, "text/plain"),
		"502 in plain text":   echo(502, "text/plain"),
		"400 in JSON":         echo(400, "application/json"),
		"200 in JSON":         echo(200, "application/json"),
		"200 in plain text":   echo(200, "text/plain"),
		"details":             body(`{"error":{"name":"Invalid","reason":"ValidationFailed","message":"m","info":{"actual":"`+email+hash+`"}}}`, "Content-Type", "application/json"),
		"another sort of job": body(`{"result":{"id":["` + email + `"],"details":"` + hash + secret + `"}}`),
		"broken":              broken(io.EOF),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out lockedBuffer
			cfg := config(t, "https://myapp.authgear.cloud", roundTrip(answer))
			cfg.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
			cfg.MaxRetries, cfg.Rate = 1, 1000
			_, err := newClient(t, cfg).ImportUsers(t.Context(), req)
			e, ok := errors.AsType[*adminapi.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			out.printf("%v %+v %#v %s %s", err, err, err, e.Message, e.Hint)
			cfg.Logger.Error("show", "error", err, "bare", e, "request", req)
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				out.printf(verb, req)
				out.printf(verb, &req)
				out.printf(verb, struct{ Inner adminapi.ImportRequest }{req})
			}
			shown := out.b.String()
			for _, what := range []string{hash, email, secret, "36 50 97", "0x24, 0x32", "24326124"} {
				if strings.Contains(shown, what) {
					t.Errorf("%q is shown: %s", what, shown)
				}
			}
			if !strings.Contains(shown, "import of 2 records by email") {
				t.Errorf("what should be shown is not: %s", shown)
			}
		})
	}
}

// Why a record failed is told without what was in it.
func TestImportErrorsAreNotShown(t *testing.T) {
	t.Parallel()
	failure := adminapi.ImportError{
		Name: "Invalid", Reason: "ValidationFailed", Message: "invalid value", Info: json.RawMessage(`{"actual":"ann@example.com"}`),
	}
	job := &adminapi.ImportJob{Error: &failure, Details: []adminapi.ImportDetail{{Errors: []adminapi.ImportError{failure}}}}
	var out lockedBuffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{failure, &failure, job.Details, job.Details[0]} {
			out.printf(verb, value)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("show", "failure", failure, "job", job, "details", job.Details)
	}
	if shown := out.b.String(); strings.Contains(shown, "ann@example.com") || !strings.Contains(shown, "invalid value (Invalid/ValidationFailed)") {
		t.Errorf("shown: %s", shown)
	}
	if got := (adminapi.ImportError{Message: "m", Reason: "R"}).Error(); got != "m (R)" {
		t.Error(got)
	}
}
