package adminapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
)

// Cancelling ends a call at once, whatever it is doing.
func TestCancelling(t *testing.T) {
	t.Parallel()
	interrupted := errors.New("interrupted by a signal")
	for name, acts := range map[string][]act{
		"while waiting for the answer": {silent},
		"in a pause":                   {status(503, "Retry-After", "60")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := config(t, "https://myapp.authgear.cloud", &script{t: t, acts: acts})
				cfg.MaxRetries = 3
				client := newClient(t, cfg)
				ctx, cancel := context.WithCancelCause(t.Context())
				start := time.Now()
				time.AfterFunc(5*time.Second, func() { cancel(interrupted) })
				_, err := client.TotalCount(ctx)
				if !errors.Is(err, context.Canceled) || !errors.Is(err, interrupted) {
					t.Errorf("got %v", err)
				}
				if e, ok := errors.AsType[*adminapi.Error](err); ok {
					t.Errorf("a cancelled call is an *Error: %v", e)
				}
				if took := time.Since(start); took != 5*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// An attempt that takes too long is the server's failing, not the caller's
// deadline.
func TestTimeoutOfAnAttempt(t *testing.T) {
	t.Parallel()
	slowBody := func(req *http.Request) (*http.Response, error) {
		resp := response(req, http.StatusOK, "")
		resp.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
			<-req.Context().Done()
			return 0, req.Context().Err()
		}))
		return resp, nil
	}
	for name, behave := range map[string]act{"no answer": silent, "no end of the body": slowBody} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := config(t, "https://myapp.authgear.cloud", &script{t: t, acts: []act{behave}})
				cfg.Timeout = 10 * time.Second
				start := time.Now()
				_, err := newClient(t, cfg).TotalCount(t.Context())
				e, ok := errors.AsType[*adminapi.Error](err)
				if !ok || !e.Retryable() || !strings.Contains(err.Error(), "within 5s") || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); took != 5*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// An answer without end is an error, and not one that is worth another try.
func TestAnswerTooLarge(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range 65 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	_, err := client.TotalCount(t.Context())
	if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.Retryable() || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

// A connection that is dropped in the middle of a real answer is tried again.
func TestDroppedConnection(t *testing.T) {
	t.Parallel()
	requests := 0
	endpoint := serveEndpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		if requests == 1 {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, countAnswer)
			panic(http.ErrAbortHandler)
		}
		writeJSON(w, countAnswer)
	})
	cfg := config(t, endpoint, nil)
	cfg.MaxRetries = 1
	if count, err := newClient(t, cfg).TotalCount(t.Context()); count != 7 || err != nil {
		t.Errorf("got %d, %v", count, err)
	}
}
