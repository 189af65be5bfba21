package source_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"usersync/source"
	usersync "usersync/sync"
)

func TestCheapFieldsCostNoQueryAUser(t *testing.T) {
	t.Parallel()
	cheap := source.Cheap(usersync.AllFields())
	for _, name := range []string{"roles", "groups", "identities", "verified_claims", "biometric_count"} {
		if _, found := cheap.Lookup(name); found {
			t.Errorf("%s is among them", name)
		}
	}
	for _, name := range []string{"email", "custom_attributes", "created_at", "disabled", "email_verified"} {
		if _, found := cheap.Lookup(name); !found {
			t.Errorf("%s is not among them", name)
		}
	}
}

// TestAdvise prefers fewer workers, unless more are worth it.
func TestAdvise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pages [3]float64 // with 1, 2 and 4 workers
		want  int
	}{
		"more is faster":    {[3]float64{3.5, 7.1, 8.3}, 4},
		"hardly faster":     {[3]float64{3.5, 7.6, 8.3}, 2},
		"no faster":         {[3]float64{8, 8, 8}, 1},
		"slower":            {[3]float64{8, 6, 4}, 1},
		"fewer are no good": {[3]float64{1, 9, 8.9}, 2},
	} {
		paces := []source.Pace{{Workers: 1, Pages: c.pages[0]}, {Workers: 2, Pages: c.pages[1]}, {Workers: 4, Pages: c.pages[2]}}
		if got := source.Advise(paces); got.Workers != c.want {
			t.Errorf("%s: %d workers, want %d", name, got.Workers, c.want)
		}
	}
}

func TestSweepTime(t *testing.T) {
	t.Parallel()
	for users, want := range map[int]time.Duration{0: 500 * time.Millisecond, 96: 500 * time.Millisecond, 97: time.Second, 20_651: 108 * time.Second} {
		if got := (source.Pace{Workers: 1, Pages: 2}).Sweep(users); got != want {
			t.Errorf("%d users: %v, want %v", users, got, want)
		}
	}
}

// TestPagesAreTimed: as many at a time as asked for, each of them a sweep's page,
// and none past the last user.
func TestPagesAreTimed(t *testing.T) {
	t.Parallel()
	server := newCannedServer(t, plainNodes(450))
	reader := readFrom(t, server, 4)
	users, took, err := reader.TimePage(t.Context(), onlyCreation(t))
	if err != nil || users != 100 || took <= 0 {
		t.Errorf("%d users in %v, %v", users, took, err)
	}
	for _, workers := range []int{1, 4} {
		before := server.requests.Load()
		pace, err := reader.Pace(t.Context(), onlyCreation(t), 450, workers)
		if err != nil || pace.Workers != workers || pace.Pages <= 0 || server.requests.Load()-before != int64(2*workers) {
			t.Errorf("%d workers: %+v after %d requests, %v", workers, pace, server.requests.Load()-before, err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := reader.Pace(ended, onlyCreation(t), 450, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
