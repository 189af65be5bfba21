package adminapi_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
)

// The pauses grow, are never far from what they should be, and end.
func TestRetryPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		for range 100 {
			s.acts = append(s.acts, status(502))
		}
		cfg := config(t, "https://myapp.authgear.cloud", s)
		cfg.MaxRetries = 6
		client := newClient(t, cfg)
		_, err := client.TotalCount(t.Context())
		e, ok := errors.AsType[*adminapi.Error](err)
		if !ok || e.Status != 502 || e.Attempts != 7 || !e.Retryable() || !strings.Contains(err.Error(), "7 attempts") {
			t.Errorf("got %v", err)
		}
		if got := client.Stats(); got != (adminapi.Stats{Requests: 7, Retries: 6}) {
			t.Errorf("stats %+v", got)
		}
		mean := 250 * time.Millisecond
		for i := 1; i < len(s.times); i++ {
			if pause := s.times[i].Sub(s.times[i-1]); pause < mean/2 || pause > mean*3/2+time.Millisecond {
				t.Errorf("pause %d is %s", i, pause)
			}
			mean *= 2
		}
	})
}

// A call ends within its time, however often it may be repeated and whatever
// takes the time.
func TestRetryEndsWithTheTimeout(t *testing.T) {
	t.Parallel()
	for name, behave := range map[string]act{"pauses": status(503), "no answers": silent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t}
				for range 10_000 {
					s.acts = append(s.acts, behave)
				}
				cfg := config(t, "https://myapp.authgear.cloud", s)
				cfg.MaxRetries, cfg.Timeout = 10_000, 5*time.Minute
				start := time.Now()
				client := newClient(t, cfg)
				if _, err := client.TotalCount(t.Context()); err == nil {
					t.Error("no error")
				}
				if took := time.Since(start); took < 4*time.Minute || took > 5*time.Minute {
					t.Errorf("gave up after %s", took)
				}
				if client.Stats().Retries == 0 {
					t.Error("it was never tried again")
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Mon, 23 Nov 2026 09:00:00 GMT"
	for name, c := range map[string]struct {
		headers  []string
		min, max time.Duration // 0, 0: not tried again
	}{
		"seconds":                  {[]string{"Retry-After", "7"}, 7 * time.Second, 7 * time.Second},
		"spaces":                   {[]string{"Retry-After", " 7 "}, 7 * time.Second, 7 * time.Second},
		"date by server's clock":   {[]string{"Retry-After", "Mon, 23 Nov 2026 09:00:20 GMT", "Date", date}, 20 * time.Second, 20 * time.Second},
		"date in an old form":      {[]string{"Retry-After", "Monday, 23-Nov-26 09:00:20 GMT", "Date", date}, 20 * time.Second, 20 * time.Second},
		"date by our clock":        {[]string{"Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT"}, 30 * time.Second, 30 * time.Second},
		"zero":                     {[]string{"Retry-After", "0"}, time.Millisecond, time.Second},
		"negative":                 {[]string{"Retry-After", "-5"}, time.Millisecond, time.Second},
		"past":                     {[]string{"Retry-After", "Mon, 23 Nov 2026 08:00:00 GMT", "Date", date}, time.Millisecond, time.Second},
		"nonsense":                 {[]string{"Retry-After", "soon"}, time.Millisecond, time.Second},
		"absent":                   {nil, time.Millisecond, time.Second},
		"longer than the patience": {[]string{"Retry-After", "3600"}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // its clock begins on 1 January 2000
				s := &script{t: t, acts: []act{status(429, c.headers...)}}
				cfg := config(t, "https://myapp.authgear.cloud", s)
				cfg.MaxRetries = 3
				_, err := newClient(t, cfg).TotalCount(t.Context())
				if c.max == 0 {
					if e, ok := errors.AsType[*adminapi.Error](err); !ok || e.RetryAfter != time.Hour || time.Since(s.times[0]) != 0 {
						t.Errorf("got %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if pause := s.times[1].Sub(s.times[0]); pause < c.min || pause > c.max {
					t.Errorf("pause %s, want %s to %s", pause, c.min, c.max)
				}
			})
		})
	}
}
