package adminapi_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"usersync/adminapi"
)

// clock is a clock that stands still unless it is moved, or is told to move
// on by a second each time that it is read.
type clock struct {
	seconds atomic.Int64
	ticking bool
}

func newClock() *clock {
	c := &clock{}
	c.seconds.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Unix())
	return c
}

func (c *clock) now() time.Time {
	if c.ticking {
		return time.Unix(c.seconds.Add(1), 0)
	}
	return time.Unix(c.seconds.Load(), 0)
}

func (c *clock) move(d time.Duration) { c.seconds.Add(int64(d / time.Second)) }

func TestTokenContent(t *testing.T) {
	t.Parallel()
	clock := newClock()
	cfg := config(t, "https://myapp.authgear.cloud", nil)
	cfg.Now, cfg.TokenLifetime = clock.now, 20*time.Minute
	signed, err := newClient(t, cfg).Token()
	if err != nil {
		t.Fatal(err)
	}
	key := rsaKey(t, testKeyPEM())
	token, err := jwt.Parse(signed, func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(clock.now), jwt.WithExpirationRequired())
	if err != nil {
		t.Fatal(err)
	}
	if token.Header["typ"] != "JWT" || token.Header["kid"] != "key-one" {
		t.Errorf("header %v", token.Header)
	}
	claims := token.Claims.(jwt.MapClaims)
	start := float64(clock.now().Unix())
	if claims["aud"] != "myapp" || claims["iat"] != start || claims["exp"] != start+20*60 || len(claims) != 3 {
		t.Errorf("claims %v", claims)
	}
}

// With a clock that moves on at each reading, every signature differs: all
// askers have the same token only if there was one signature.
func TestTokenIsSignedOnceForMany(t *testing.T) {
	t.Parallel()
	clock := newClock()
	clock.ticking = true
	cfg := config(t, "https://myapp.authgear.cloud", nil)
	cfg.Now = clock.now
	client := newClient(t, cfg)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		found = map[string]int{}
		start = make(chan struct{})
	)
	for range 100 {
		wg.Go(func() {
			<-start
			token, err := client.Token()
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			found[token]++
		})
	}
	close(start)
	wg.Wait()
	if len(found) != 1 {
		t.Errorf("%d different tokens for 100 askers", len(found))
	}
}

func TestTokenIsRenewedBeforeItsExpiry(t *testing.T) {
	t.Parallel()
	clock := newClock()
	cfg := config(t, "https://myapp.authgear.cloud", nil)
	cfg.Now = clock.now
	client := newClient(t, cfg)
	ask := func() string {
		token, err := client.Token()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	first := ask()
	clock.move(4*time.Minute + 29*time.Second)
	if ask() != first {
		t.Error("renewed 31 s before its expiry")
	}
	clock.move(time.Second)
	second := ask()
	if second == first {
		t.Error("not renewed 30 s before its expiry")
	}
	clock.move(-time.Hour)
	if third := ask(); third == second || third == first {
		t.Error("not renewed after the clock was set back")
	}
}

// A refused token is replaced once, by one signed anew; what is refused again
// is an error.
func TestFreshTokenAfterRefusal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refusals     int
		wantRequests int64
		wantErr      bool
	}{
		"the fresh one passes":       {1, 2, false},
		"the fresh one does not too": {100, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			clock.ticking = true
			var headers []string
			cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
				headers = append(headers, req.Header.Get("Authorization"))
				if got := readSent(t, req).OperationName; got != "UsersyncTotalCount" {
					t.Errorf("operation %q", got)
				}
				if len(headers) <= c.refusals {
					return response(req, http.StatusForbidden, "Forbidden\n", "Content-Type", "text/plain"), nil
				}
				return response(req, http.StatusOK, countAnswer), nil
			}))
			cfg.Now, cfg.MaxRetries = clock.now, 3
			client := newClient(t, cfg)
			_, err := client.TotalCount(t.Context())
			if (err != nil) != c.wantErr {
				t.Errorf("error %v", err)
			}
			if got := client.Stats(); got != (adminapi.Stats{Requests: c.wantRequests}) {
				t.Errorf("stats %+v", got)
			}
			if len(headers) != 2 || headers[0] == headers[1] || !strings.HasPrefix(headers[1], "Bearer ") {
				t.Errorf("the second of %d tokens is not a fresh one", len(headers))
			}
		})
	}
}

// However often a call is repeated, it tries one fresh token.
func TestFreshTokenOnceACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(t, "https://myapp.authgear.cloud", &script{t: t, acts: []act{status(403), status(503), status(403)}})
		cfg.MaxRetries = 3
		client := newClient(t, cfg)
		if _, err := client.TotalCount(t.Context()); err == nil || client.Stats() != (adminapi.Stats{Requests: 3, Retries: 1}) {
			t.Errorf("got %v, stats %+v", err, client.Stats())
		}
	})
}

// Many whose token is refused at once share the fresh one.
func TestFreshTokenIsSharedByMany(t *testing.T) {
	t.Parallel()
	const askers = 20
	clock := newClock()
	clock.ticking = true // no two signatures are alike
	var (
		mu       sync.Mutex
		seen     = map[string]int{}
		stale    string
		gathered sync.WaitGroup
	)
	gathered.Add(askers)
	cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
		header := req.Header.Get("Authorization")
		mu.Lock()
		if stale == "" {
			stale = header
		}
		seen[header]++
		refuse := header == stale
		mu.Unlock()
		if refuse {
			gathered.Done()
			gathered.Wait() // all are under way with the stale token
			return response(req, http.StatusForbidden, "Forbidden\n", "Content-Type", "text/plain"), nil
		}
		return response(req, http.StatusOK, countAnswer), nil
	}))
	cfg.Now = clock.now
	client := newClient(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for range askers {
		wg.Go(func() {
			if _, err := client.TotalCount(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(seen) != 2 || seen[stale] != askers {
		t.Errorf("%d tokens were used, the stale one %d times", len(seen), seen[stale])
	}
}
