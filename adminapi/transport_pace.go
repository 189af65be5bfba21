package adminapi

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxRate is the highest rate that can be set, in requests a second. More
	// than a few dozen overloads a server with its default settings.
	maxRate = 10_000

	// lowestShare is how much of the rate is left at the least.
	lowestShare = 1.0 / 16
	// slowingInterval is the time in which the rate halves only once, because
	// one overload refuses all requests that are under way.
	slowingInterval = time.Second
	// recoveryInterval is the time without a refusal after which the rate
	// doubles, until it is what it was.
	recoveryInterval = 10 * time.Second
)

// paceTransport holds requests back to a rate, which halves when the server or
// a gateway says that it has too much to do, and recovers.
type paceTransport struct {
	next    http.RoundTripper
	full    rate.Limit
	limiter *rate.Limiter
	logger  *slog.Logger

	mu      sync.Mutex
	changed time.Time // when the rate was changed last
}

func newPaceTransport(next http.RoundTripper, perSecond float64, logger *slog.Logger) http.RoundTripper {
	if perSecond == 0 {
		return next
	}
	full := rate.Limit(perSecond)
	return &paceTransport{next: next, full: full, limiter: rate.NewLimiter(full, 1), logger: logger}
}

func (t *paceTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.recover(req.Context())
	// Not limiter.Wait: it gives up at once when the turn comes after the
	// context's deadline, with an error that is not the context's.
	turn := t.limiter.Reserve()
	if err := sleep(req.Context(), turn.Delay()); err != nil {
		turn.Cancel()
		return nil, err
	}
	resp, err := t.next.RoundTrip(req)
	if err == nil && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) {
		t.slowDown(req.Context(), resp.StatusCode)
	}
	return resp, err
}

func (t *paceTransport) slowDown(ctx context.Context, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Sub(t.changed) < slowingInterval && t.limiter.Limit() < t.full {
		return
	}
	t.set(ctx, now, max(t.limiter.Limit()/2, t.full*lowestShare), slog.Int("status", status))
}

func (t *paceTransport) recover(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.limiter.Limit() < t.full && now.Sub(t.changed) >= recoveryInterval {
		t.set(ctx, now, min(t.limiter.Limit()*2, t.full))
	}
}

func (t *paceTransport) set(ctx context.Context, now time.Time, limit rate.Limit, attrs ...slog.Attr) {
	t.changed = now
	t.limiter.SetLimit(limit)
	attrs = append(attrs, slog.Float64("requests_per_second", float64(limit)))
	t.logger.LogAttrs(ctx, slog.LevelInfo, "request rate changed", attrs...)
}
