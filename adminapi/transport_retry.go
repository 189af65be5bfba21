package adminapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// firstPause is the mean pause before the first repetition; each further
	// one is twice as long, up to longestPause, and half more or less by chance.
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// retryTransport sends a request, judges the answer, and sends it again where
// that can help and does no harm. It is the only place in which anything is
// repeated. An answer that is not good becomes an *Error, which a
// RoundTripper by the book would not do: it is the outermost of a chain that
// Client.do alone uses.
type retryTransport struct {
	next       http.RoundTripper
	maxRetries int
	timeout    time.Duration // of the call, waiting for the pace aside
	retries    *atomic.Int64
	logger     *slog.Logger
	now        func() time.Time // for comparing clocks; pauses follow the real time
}

func (t *retryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req)
	if req.Body != nil && req.GetBody != nil {
		// Every attempt reads a copy from GetBody.
		if err := req.Body.Close(); err != nil {
			return nil, fmt.Errorf("close request body: %w", err)
		}
	}
	pauses := backoff.ExponentialBackOff{
		InitialInterval: firstPause, MaxInterval: longestPause, Multiplier: 2,
		RandomizationFactor: backoff.DefaultRandomizationFactor,
	}
	for try := 0; ; try++ {
		resp, failure := t.attempt(c, req)
		if failure == nil {
			return resp, nil
		}
		if req.Context().Err() != nil {
			return nil, ended(req.Context())
		}
		if try >= t.maxRetries || !repeatable(c, req, failure) {
			return nil, failure
		}
		pause := max(pauses.NextBackOff(), failure.RetryAfter)
		if c.spent += pause; c.spent >= t.timeout {
			return nil, failure
		}
		t.logger.LogAttrs(req.Context(), slog.LevelInfo, "request failed, will be repeated",
			slog.String("operation", c.operation), slog.Int("try", try+1), slog.Duration("pause", pause),
			slog.Int("status", failure.Status), slog.String("error", failure.Message))
		if err := sleep(req.Context(), pause); err != nil {
			return nil, err
		}
		t.retries.Add(1)
	}
}

// repeatable tells whether sending the request again can help, and cannot do
// twice what was meant once. A change is only repeated when it was certainly not
// made.
func repeatable(c *call, req *http.Request, failure *Error) bool {
	if !failure.retryable || (req.Body != nil && req.GetBody == nil) {
		return false
	}
	return c.repeat || !c.uncertain
}

// attempt sends the request once and judges the answer.
func (t *retryTransport) attempt(c *call, req *http.Request) (*http.Response, *Error) {
	again, err := replay(req)
	if err != nil {
		return nil, &Error{Message: err.Error(), cause: err}
	}
	resp, err := t.next.RoundTrip(again)
	if err != nil {
		if failure, ok := errors.AsType[*Error](err); ok {
			return nil, failure.redact()
		}
		return nil, connectionFailure(err).redact()
	}
	if failure := answerFailure(c, resp, bodyOf(resp)); failure != nil {
		c.uncertain = c.uncertain && !refused(failure)
		failure.date, failure.received = dateOf(resp.Header), t.now()
		return nil, failure.redact()
	}
	return resp, nil
}

// sleep waits, and not a moment longer than the context lasts.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ended(ctx)
	case <-timer.C:
		return nil
	}
}

// ended is why the context is done: as the standard library says it, and as
// whoever ended it did, if they gave a cause.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(ctx.Err(), cause) {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}
