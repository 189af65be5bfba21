//go:build unix

package main

import (
	"flag"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	usersync "usersync/sync"
)

var kills = flag.Int("kills", 10, "how often a run into each kind of mirror is killed")

// Runs are killed at any moment, every other one while it publishes or nearly
// so: after its last request. The mirror is then as before or as after, and the
// next run makes it exact.
func TestKilledRunsLeaveTheMirrorWhole(t *testing.T) {
	t.Parallel()
	for name, newTarget := range map[string]func(*testing.T) target{"csv": csvTarget, "postgres": postgresTarget} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, mirror := newEmulated(t, 300), newTarget(t)
			mirror.sync(t, e)
			began := time.Now()
			mirror.sync(t, e)
			k := killer{e: e, mirror: mirror, takes: time.Since(began)}
			before := truth(t, e)
			for n := range *kills {
				if _, err := emulator.Day(e.Project(), uint64(n)); err != nil {
					t.Fatal(err)
				}
				after := truth(t, e)
				k.kill(t, n%2 == 0)
				switch got := mirror.rows(t); {
				case maps.Equal(got, before):
					k.before++
				case maps.Equal(got, after):
					k.after++
				default:
					t.Fatalf("kill %d: the mirror is neither as before nor as after", n)
				}
				mirror.sync(t, e)
				if !maps.Equal(mirror.rows(t), after) {
					t.Fatalf("kill %d: the next run did not make the mirror exact", n)
				}
				before = after
			}
			t.Logf("%d kills: %d runs had ended, %d mirrors were as before, %d as after", *kills, k.ended, k.before, k.after)
			if k.ended > *kills/2 {
				t.Errorf("%d of %d runs ended before they were killed", k.ended, *kills)
			}
		})
	}
}

type killer struct {
	e                    *emulated
	mirror               target
	takes                time.Duration // how long a whole run took
	ended, before, after int
}

// kill starts a run and ends it by SIGKILL, at a random moment of the time that
// a run takes, or at one just after the request that was the last of such a run.
func (k *killer) kill(t *testing.T, late bool) {
	t.Helper()
	var requests atomic.Int64
	last := make(chan struct{})
	// Three pages of users and the page that is read again at the end, the
	// look-up of those who are gone, and what closes gaps.
	k.e.SetBeforeRequest(func(*http.Request) {
		if requests.Add(1) == 6 {
			close(last)
		}
	})
	defer k.e.SetBeforeRequest(nil)
	running := start(t, k.e.environ(), slices.Concat([]string{"sync"}, k.mirror.flags)...)
	if late {
		select {
		case <-last:
		case <-time.After(k.takes):
		}
		<-time.After(rand.N(k.takes / 3))
	} else {
		<-time.After(rand.N(k.takes))
	}
	running.signal(t, syscall.SIGKILL)
	if got := running.wait(t); got.code == exitOK {
		k.ended++
	}
}

var _ usersync.Source = readsCSV{}
