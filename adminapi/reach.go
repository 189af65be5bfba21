package adminapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// MaxClockSkew is how far this machine's clock may be from the server's, either
// way, before every token is refused.
const MaxClockSkew = 5 * time.Minute

// Reached is what an endpoint tells those who have no credentials.
type Reached struct {
	Status int           // of the answer; an Authgear server refuses with 403
	Took   time.Duration // from the beginning to the end of the answer's header
	// Ahead is by how much this machine's clock is ahead of the server's, or
	// behind where it is negative, to within about a second: the Date header has
	// whole seconds.
	Ahead time.Duration
	// Dated is false for an answer without a Date header, which tells no time.
	Dated bool
	// CertificateUntil is when the certificate of the endpoint's host expires;
	// zero for http.
	CertificateUntil time.Time
}

// Reach finds out whether anything answers at an endpoint, by one request that
// carries no token and is refused. Of the settings it takes Endpoint, Insecure,
// UserAgent, Base and Now. An endpoint that cannot be read is a plain error; one
// that cannot be reached, or not be trusted, an *Error.
func Reach(ctx context.Context, cfg Config) (*Reached, error) {
	endpoint, err := ParseEndpoint(cfg.Endpoint, cfg.Insecure)
	if err != nil {
		return nil, err
	}
	base, err := cfg.transport()
	if err != nil {
		return nil, fmt.Errorf("reach endpoint: %w", err)
	}
	// A POST, as caches between here and there may answer others.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint.String()+graphqlPath, strings.NewReader("{}"))
	if err != nil {
		return nil, fmt.Errorf("reach endpoint: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", cmp.Or(cfg.UserAgent, defaultUserAgent))
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	client := &http.Client{Transport: base, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	began, sent := time.Now(), now()
	resp, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		return nil, connectionFailure(err).redact()
	}
	reached := &Reached{Status: resp.StatusCode, Took: time.Since(began)}
	if date := dateOf(resp.Header); !date.IsZero() {
		// Its fraction of a second is unknown, as is when on the way it was written.
		reached.Dated, reached.Ahead = true, sent.Add(reached.Took/2).Sub(date.Add(500*time.Millisecond))
	}
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		reached.CertificateUntil = resp.TLS.PeerCertificates[0].NotAfter
	}
	_ = resp.Body.Close() // what it says does not matter
	return reached, nil
}
