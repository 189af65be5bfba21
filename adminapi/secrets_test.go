package adminapi_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"usersync/adminapi"
)

// lockedBuffer is a buffer that many may write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(l, format, args...) // a buffer takes everything
}

// However they are printed, logged or encoded, none of what callers get hold
// of shows the key or a token; nor do errors and the client's own log.
func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	handlers := map[string]slog.Handler{
		"text": slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
		"json": slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
	}
	private := rsaKey(t, testKeyPEM())
	requests := 0
	cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
		requests++
		if requests == 1 {
			return response(req, http.StatusServiceUnavailable, "slow down", "Content-Type", "text/plain"), nil
		}
		return response(req, http.StatusForbidden,
			`{"error":{"name":"Forbidden","reason":"Forbidden","message":"no","info":{"email":"hidden@example.com"}}}`), nil
	}))
	cfg.Logger, cfg.MaxRetries, cfg.Rate = slog.New(handlers["text"]), 2, 1000
	client := newClient(t, cfg)
	token, err := client.Token()
	if err != nil {
		t.Fatal(err)
	}
	_, failure := client.TotalCount(t.Context())
	bare, ok := errors.AsType[*adminapi.Error](failure)
	if !ok {
		t.Fatal(failure)
	}

	values := map[string]any{
		"key": cfg.Key, "key by value": *cfg.Key, "client": client, "config": cfg, "pointer to config": &cfg,
		"error": failure, "bare error": bare, "list": []any{cfg.Key, client, cfg, bare},
		"field": struct{ Inner any }{cfg.Key}, "map": map[string]any{"k": *cfg.Key},
		"unexported": struct{ inner *adminapi.Key }{cfg.Key},
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			out.printf("%s %s: "+verb+"\n", name, verb, value)
		}
		for _, handler := range handlers {
			slog.New(handler).Info("show", "name", name, "value", value)
			slog.New(handler).With(slog.Any("with", value)).Info("show", "name", name)
		}
		encoded, err := json.Marshal(value)
		if err == nil && name != "bare error" && name != "error" && name != "list" {
			out.printf("%s\n", encoded)
		}
	}
	for _, wrapped := range []error{fmt.Errorf("run: %w", failure), errors.Join(failure, bare)} {
		out.printf("%v %+v\n", wrapped, wrapped)
	}

	shown := out.b.String()
	for name, secret := range map[string]string{
		"token":             token,
		"token's signature": token[strings.LastIndexByte(token, '.')+1:],
		"PEM":               string(testKeyPEM()[40:80]),
		"D in decimal":      private.D.String()[:40],
		"D in hex":          hex.EncodeToString(private.D.Bytes())[:40],
		"prime in decimal":  private.Primes[0].String()[:40],
		"prime in hex":      hex.EncodeToString(private.Primes[0].Bytes())[:40],
		"D in base64":       base64.StdEncoding.EncodeToString(private.D.Bytes())[:40],
		"D as words":        strings.TrimPrefix(fmt.Sprint(private.D.Bits()[:2]), "["),
		"somebody's email":  "hidden@example.com",
	} {
		if strings.Contains(strings.ToLower(shown), strings.ToLower(secret)) {
			t.Errorf("%s is shown", name)
		}
	}
	if !strings.Contains(shown, cfg.Key.Thumbprint()) || !strings.Contains(shown, "request failed, will be repeated") {
		t.Error("what should be shown is not: the test looks at nothing")
	}
}

// Every verb gives the redacted form, not what fmt makes of the fields.
func TestFormattingIsRedacted(t *testing.T) {
	t.Parallel()
	key := testKey(t)
	client := newClient(t, config(t, "https://myapp.authgear.cloud", nil))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		for _, value := range []fmt.Stringer{key, *key, client} {
			if got := fmt.Sprintf(verb, value); got != value.String() {
				t.Errorf("%s of %T is %s", verb, value, got)
			}
		}
	}
}

// A key's redacted form is still JSON, and the log lines of a configuration
// are not broken by what cannot be encoded.
func TestRedactedFormsAreUseful(t *testing.T) {
	t.Parallel()
	key := testKey(t)
	encoded, err := json.Marshal(map[string]any{"key": key})
	if err != nil || !strings.Contains(string(encoded), key.Thumbprint()) {
		t.Errorf("got %s, %v", encoded, err)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "config", config(t, "https://myapp.authgear.cloud", http.DefaultTransport))
	var line struct {
		Config struct {
			Endpoint string `json:"endpoint"`
			AppID    string `json:"app_id"`
			Key      string `json:"key"`
		} `json:"config"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Config.AppID != "myapp" || !strings.Contains(line.Config.Key, key.Thumbprint()) || line.Config.Endpoint == "" {
		t.Errorf("got %s", out.Bytes())
	}
}

// Nothing fails on a configuration that has no key yet.
func TestLogOfAnEmptyConfig(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "config", adminapi.Config{}, "key", &adminapi.Key{})
	if !strings.Contains(out.String(), "private key (none)") || strings.Contains(out.String(), "anic") {
		t.Errorf("got %s", out.String())
	}
}

// A server or gateway that repeats what was sent to it, in whatever form of
// answer, does not bring the token into an error or a log.
func TestEchoedTokensAreNotShown(t *testing.T) {
	t.Parallel()
	graphqlError := func(message string) string {
		text, err := json.Marshal(map[string]any{"errors": []any{map[string]any{
			"message": message, "path": []string{"users"},
			"extensions": map[string]any{"errorName": message, "reason": message},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	restError := func(message string) string {
		return `{"error":{"name":"` + message + `","reason":"` + message + `","message":"` + message + `","tracking_id":"` + message + `"}}`
	}
	for name, answer := range map[string]func(*http.Request, string) *http.Response{
		"GraphQL": func(r *http.Request, h string) *http.Response { return response(r, http.StatusOK, graphqlError(h)) },
		"passing GraphQL error": func(r *http.Request, h string) *http.Response {
			return response(r, http.StatusOK, `{"errors":[{"message":"`+h+`"}]}`)
		},
		"REST": func(r *http.Request, h string) *http.Response {
			return response(r, http.StatusBadRequest, restError(h))
		},
		"plain text": func(r *http.Request, h string) *http.Response {
			return response(r, http.StatusBadRequest, h, "Content-Type", "text/plain")
		},
		"try again": func(r *http.Request, h string) *http.Response {
			return response(r, http.StatusBadGateway, h, "Content-Type", "text/plain")
		},
		"status line": func(r *http.Request, h string) *http.Response {
			answer := response(r, http.StatusAccepted, "{}")
			answer.Status = "202 " + h
			return answer
		},
		"redirect": func(r *http.Request, h string) *http.Response {
			return response(r, http.StatusFound, "", "Location", "https://elsewhere.example.com/"+strings.TrimPrefix(h, "Bearer "))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out lockedBuffer
			echoed := false
			cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
				echoed = true
				return answer(req, req.Header.Get("Authorization")), nil
			}))
			cfg.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
			cfg.MaxRetries, cfg.Rate = 1, 1000
			client := newClient(t, cfg)
			_, err := client.TotalCount(t.Context())
			out.printf("%v %+v %#v", err, err, err)
			if e, ok := errors.AsType[*adminapi.Error](err); ok {
				out.printf("%s %s %s %s %s", e.Message, e.Name, e.Reason, e.TrackingID, e.Hint)
			}
			if shown := out.b.String(); err == nil || !echoed || strings.Contains(shown, "eyJ") {
				t.Errorf("error %v, shown: %s", err, shown)
			}
		})
	}
}
