package adminapi_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*adminapi.Config)
		want   string
	}{
		"no endpoint":       {func(c *adminapi.Config) { c.Endpoint = "" }, "endpoint"},
		"no app ID":         {func(c *adminapi.Config) { c.AppID = "" }, "app ID"},
		"no key ID":         {func(c *adminapi.Config) { c.KeyID = "" }, "key ID"},
		"no key":            {func(c *adminapi.Config) { c.Key = nil }, "private key"},
		"empty key":         {func(c *adminapi.Config) { c.Key = &adminapi.Key{} }, "private key"},
		"http":              {func(c *adminapi.Config) { c.Endpoint = "http://example.com" }, "without https"},
		"negative retries":  {func(c *adminapi.Config) { c.MaxRetries = -1 }, "retries"},
		"negative rate":     {func(c *adminapi.Config) { c.Rate = -1 }, "rate"},
		"rate not a number": {func(c *adminapi.Config) { c.Rate = math.NaN() }, "rate"},
		"endless rate":      {func(c *adminapi.Config) { c.Rate = math.Inf(1) }, "rate"},
		"negative timeout":  {func(c *adminapi.Config) { c.Timeout = -time.Second }, "timeout"},
		"short lifetime":    {func(c *adminapi.Config) { c.TokenLifetime = time.Second }, "lifetime"},
		"negative lifetime": {func(c *adminapi.Config) { c.TokenLifetime = -time.Minute }, "lifetime"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, "https://myapp.authgear.cloud", nil)
			c.change(&cfg)
			client, err := adminapi.New(cfg)
			if client != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v", client, err)
			}
		})
	}
	cfg := config(t, "http://example.com", nil)
	cfg.Insecure = true
	if client := newClient(t, cfg); client.Endpoint() != "http://example.com" {
		t.Errorf("endpoint %s", client.Endpoint())
	}
}

// Requests keep the rate, however many workers ask.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
			return response(req, http.StatusOK, countAnswer), nil
		}))
		cfg.Rate = 10
		client := newClient(t, cfg)
		start := time.Now()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					if _, err := client.TotalCount(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took < 3900*time.Millisecond || took > 4*time.Second {
			t.Errorf("40 requests at 10 a second took %s", took)
		}
	})
}

// pass lets time pass in a synctest bubble, where it is exact.
func pass(d time.Duration) { <-time.After(d) }

// The rate halves after a refusal, once for those that come together, and is
// what it was some time after the last one.
func TestRateFollowsTheServer(t *testing.T) {
	t.Parallel()
	for _, refusal := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			refuse := 0
			cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
				if refuse > 0 {
					refuse--
					return response(req, refusal, ""), nil
				}
				return response(req, http.StatusOK, countAnswer), nil
			}))
			cfg.Rate = 16
			client := newClient(t, cfg)
			ask := func(n int) time.Duration {
				start := time.Now()
				for range n {
					_, _ = client.TotalCount(t.Context()) // refusals are part of the test
				}
				return time.Since(start).Round(time.Millisecond)
			}
			ask(1)
			if got := ask(16); got != time.Second {
				t.Errorf("16 requests at full rate took %s", got)
			}
			refuse = 1
			ask(1)
			if got := ask(8); got != time.Second {
				t.Errorf("8 requests at half the rate took %s", got)
			}
			refuse = 2 // within a second: one halving
			ask(2)
			if got := ask(4); got != time.Second {
				t.Errorf("4 requests at a quarter of the rate took %s", got)
			}
			pass(10 * time.Second)
			ask(1)
			if got := ask(8); got != time.Second {
				t.Errorf("8 requests after recovering by a step took %s", got)
			}
			refuse = 100 // more than it takes to reach the lowest rate
			ask(100)
			if got := ask(2); got != 2*time.Second {
				t.Errorf("2 requests at the lowest rate took %s", got)
			}
			for range 4 {
				pass(10 * time.Second)
				ask(1)
			}
			if got := ask(16); got != time.Second {
				t.Errorf("16 requests after recovering took %s", got)
			}
		})
	}
}

// Waiting for one's turn does not count as the server's time, and ends with
// the context.
func TestWaitingForATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(t, "https://myapp.authgear.cloud", roundTrip(func(req *http.Request) (*http.Response, error) {
			return response(req, http.StatusOK, countAnswer), nil
		}))
		cfg.Rate, cfg.Timeout = 0.01, time.Second
		client := newClient(t, cfg)
		for range 2 {
			if _, err := client.TotalCount(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.TotalCount(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		if got := client.Stats().Requests; got != 2 {
			t.Errorf("%d requests", got)
		}
	})
}

// One client serves many at once; each gets its own answer.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		after, _ := readSent(t, r).Variables["after"].(string)
		writeJSON(w, `{"data":{"users":{"pageInfo":{"hasNextPage":true,"endCursor":"`+after+`"},"edges":[]}}}`)
	})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 20 {
				want := adminapi.OffsetCursor(worker*1000 + i)
				fields := adminapi.UserFields(i) & adminapi.AllUserFields
				page, err := client.Users(t.Context(), adminapi.UsersQuery{After: want, Fields: fields})
				if err != nil {
					t.Error(err)
					continue
				}
				if page.EndCursor != want {
					t.Errorf("worker %d got another's page", worker)
				}
			}
		})
	}
	wg.Wait()
	if got := client.Stats(); got != (adminapi.Stats{Requests: 160}) {
		t.Errorf("stats %+v", got)
	}
}
