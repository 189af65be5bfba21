package adminapi

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	graphql "github.com/hasura/go-graphql-client"
)

const (
	defaultTimeout   = 2 * time.Minute
	defaultUserAgent = "usersync"
	// idlePerHost keeps the connections of all workers that make sense (four)
	// and a few more; the standard library would close all but two.
	idlePerHost = 16
)

// Config is what a Client is made from. Endpoint, AppID, KeyID and Key are
// needed; everything else may be left zero.
//
// A call ends within Timeout, all its attempts and the pauses between them
// included; only waiting for Rate is not counted. One attempt may take half of
// it, so that one that hangs leaves time for another.
type Config struct {
	Endpoint      string            // the project's address, in any spelling that ParseEndpoint accepts
	AppID         string            // the project's ID, the audience of the tokens
	KeyID         string            // the ID of the Admin API key, as the portal shows it
	Key           *Key              // that key, from LoadKey or ParseKey
	TokenLifetime time.Duration     // of one token, at least 10 s; 0: 5 minutes, as documented
	Rate          float64           // requests a second, at most; 0: no limit
	MaxRetries    int               // times that a request is repeated; 0: none
	Timeout       time.Duration     // of one call, see below; 0: 2 minutes
	Insecure      bool              // allow http:// to other hosts than this machine
	UserAgent     string            // such as "usersync/1.2.3"; "": "usersync"
	Logger        *slog.Logger      // nil: no log
	Base          http.RoundTripper // what sends the requests; nil: a clone of http.DefaultTransport
	// Now is the clock that tokens are dated and the server's clock is compared
	// by; nil: time.Now. Pauses and limits always follow the real time.
	Now func() time.Time
}

// LogValue shows the settings that say which project is meant, and of the key
// no more than its thumbprint.
func (c Config) LogValue() slog.Value {
	key := Key{}
	if c.Key != nil {
		key = *c.Key
	}
	return slog.GroupValue(
		slog.String("endpoint", withoutUserinfo(c.Endpoint)),
		slog.String("app_id", c.AppID),
		slog.String("key_id", c.KeyID),
		slog.Any("key", key),
		slog.Float64("rate", c.Rate),
		slog.Int("max_retries", c.MaxRetries),
		slog.Duration("timeout", c.Timeout),
	)
}

// Client calls the Admin API of one project. It is safe for concurrent use.
type Client struct {
	endpoint  *url.URL
	appID     string
	keyID     string
	key       *Key
	now       func() time.Time
	tokens    *tokens
	http      *http.Client
	graphql   *graphql.Client
	base      http.RoundTripper
	documents documents
	clock     serverClock
	requests  atomic.Int64
	retries   atomic.Int64
}

// Stats counts what a client did in its whole life.
type Stats struct {
	Requests int64 // requests that were sent, repeated ones included
	Retries  int64 // repetitions of a request that had failed
}

// New makes a client. It checks the settings and sends nothing.
func New(cfg Config) (*Client, error) {
	c, err := newClient(cfg)
	if err != nil {
		return nil, fmt.Errorf("set up Admin API client: %w", err)
	}
	return c, nil
}

func newClient(cfg Config) (*Client, error) {
	endpoint, err := ParseEndpoint(cfg.Endpoint, cfg.Insecure)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	base, err := cfg.transport()
	if err != nil {
		return nil, err
	}
	c := &Client{endpoint: endpoint, appID: cfg.AppID, keyID: cfg.KeyID, key: cfg.Key, base: base, now: cfg.Now}
	c.documents.made = map[documentKey]string{}
	if c.now == nil {
		c.now = time.Now
	}
	c.tokens = &tokens{
		key: cfg.Key, keyID: cfg.KeyID, appID: cfg.AppID, now: c.now,
		lifetime: cmp.Or(cfg.TokenLifetime, defaultTokenLifetime),
	}
	c.http = &http.Client{Transport: c.chain(cfg), CheckRedirect: checkRedirect}
	c.graphql = graphql.NewClient(endpoint.String()+graphqlPath, doer(c.do))
	return c, nil
}

// transport is what sends the requests.
func (c Config) transport() (http.RoundTripper, error) {
	if c.Base != nil {
		return c.Base, nil
	}
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("http.DefaultTransport was replaced; set Base")
	}
	standard = standard.Clone()
	standard.MaxIdleConnsPerHost = idlePerHost
	return standard, nil
}

func (c Config) check() error {
	switch {
	case c.AppID == "":
		return errors.New("the app ID is empty; it is the project's ID in the portal")
	case c.KeyID == "":
		return errors.New("the key ID is empty; the portal shows it beside the Admin API key")
	case c.Key == nil || c.Key.private == nil:
		return errors.New("the private key is missing; use LoadKey or ParseKey")
	case c.TokenLifetime != 0 && c.TokenLifetime < minTokenLifetime:
		return fmt.Errorf("the token lifetime is %s; at least %s is possible", c.TokenLifetime, minTokenLifetime)
	case !(c.Rate >= 0 && c.Rate <= maxRate):
		return fmt.Errorf("the rate is %g requests a second; 0 (no limit) to %g is possible", c.Rate, float64(maxRate))
	case c.MaxRetries < 0:
		return fmt.Errorf("the number of retries is %d; it cannot be negative", c.MaxRetries)
	case c.Timeout < 0:
		return fmt.Errorf("the timeout is %s; it cannot be negative", c.Timeout)
	}
	return nil
}

// chain is what a request passes through, outermost first: it is repeated as
// needed, and each time signed, held back to the pace, counted, sent, and its
// answer read to the end.
func (c *Client) chain(cfg Config) http.RoundTripper {
	logger := cfg.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	timeout := cmp.Or(cfg.Timeout, defaultTimeout)
	var chain http.RoundTripper = &onceTransport{next: c.base}
	chain = &wholeTransport{next: chain, timeout: timeout}
	chain = &countTransport{next: chain, requests: &c.requests}
	chain = newPaceTransport(chain, cfg.Rate, logger)
	chain = &authTransport{
		next: chain, tokens: c.tokens, endpoint: c.endpoint,
		userAgent: cmp.Or(cfg.UserAgent, defaultUserAgent),
	}
	return &retryTransport{
		next: chain, maxRetries: cfg.MaxRetries, timeout: timeout, retries: &c.retries, logger: logger, now: c.now,
	}
}

// Token is a token for the Admin API, signed now or not long ago, good for at
// least a few seconds more. Whoever has it can change every user: do not log it.
func (c *Client) Token() (string, error) { return c.tokens.token() }

// Endpoint is the address of the project, in ParseEndpoint's spelling.
func (c *Client) Endpoint() string { return c.endpoint.String() }

// AppID is the project's ID, as the client was given it.
func (c *Client) AppID() string { return c.appID }

// Stats is the count so far.
func (c *Client) Stats() Stats {
	return Stats{Requests: c.requests.Load(), Retries: c.retries.Load()}
}

// CloseIdleConnections closes the connections that are kept for later requests.
func (c *Client) CloseIdleConnections() {
	if base, ok := c.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// String names the project that the client belongs to.
func (c *Client) String() string {
	return fmt.Sprintf("Admin API client of app %q at %s", c.appID, c.endpoint)
}

// Format writes String's text for every verb, so that %+v or %#v cannot show
// what the client keeps.
func (c *Client) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprint(state, c.String()) // fmt reports errors of the writer itself
}

// LogValue is String's text.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
