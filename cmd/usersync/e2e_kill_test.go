//go:build unix

package main

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

var (
	kills    = flag.Int("kills", 8, "how many runs are killed, into each kind of mirror")
	killSeed = flag.Uint64("kill-seed", 0, "what the moments of killing are drawn from; 0 draws one")
)

// TestKilled: whenever a run is killed, the mirror is as before it or as after it,
// the change log tells how it became so, and the next run puts all right.
func TestKilled(t *testing.T) {
	t.Parallel()
	seed := *killSeed
	for seed == 0 {
		seed = rand.Uint64()
	}
	for _, kind := range mirrorKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, kind, 300)
			b.more = []string{"USERSYNC_MAX_DELETE=100%", "USERSYNC_MODE=full"}
			k := killer{bench: b, dice: rand.New(rand.NewPCG(seed, 0))}
			k.sync(t)
			died, after := 0, 0
			for day := range *kills {
				killed, published := k.day(t, day)
				died += killed
				after += published
				if t.Failed() {
					break
				}
			}
			t.Logf("of %d runs %d were killed before their end, and %d had been published; -kill-seed %d", *kills, died, after, seed)
		})
	}
}

// A killer kills runs at random moments.
type killer struct {
	*bench
	dice *rand.Rand
	// run is how long the last run took that was left alone.
	run time.Duration
}

func (k *killer) sync(t *testing.T) {
	t.Helper()
	began := time.Now()
	k.usersync(t, exitOK, "sync")
	k.run = time.Since(began)
}

// day lets one go by, kills the run after it, and sees what there is. It counts
// whether the run died, and whether it was published.
func (k *killer) day(t *testing.T, number int) (died, published int) {
	t.Helper()
	before := k.mirrored(t)
	k.change(t, number)
	var requests atomic.Int64
	late := make(chan struct{}) // nearly all has been read, and publishing is near
	k.SetBeforeRequest(func(*http.Request) {
		if requests.Add(1) == 6 {
			close(late)
		}
	})
	defer k.SetBeforeRequest(nil)
	running := start(t, append([]string{"USERSYNC_CONFIG=" + k.config}, k.more...), "sync")
	moment := time.Duration(k.dice.Int64N(int64(k.run)))
	if number%2 == 0 {
		select {
		case <-late:
			moment /= 3
		case <-time.After(k.run):
		}
	}
	time.Sleep(moment) //nolint:forbidigo // the moment is what is tried
	running.signal(t, syscall.SIGKILL)
	if result := running.wait(t); result.code != exitOK {
		died = 1
	}
	k.waitForSessions(t)
	switch found := k.mirrored(t); {
	case maps.Equal(found, k.emails()):
		published = 1
	case !maps.Equal(found, before):
		t.Errorf("the mirror has %d users, is neither as before, %d, nor as after, %d", len(found), len(before), k.Project().Len())
	}
	k.wantReplayed(t)
	k.sync(t)
	k.wantExact(t)
	k.wantReplayed(t)
	k.wantLedgerClosed(t)
	return died, published
}

// change has some people join, some leave, and some change their email. Who is
// anonymised has no email to change, and no history that could be replayed.
func (k *killer) change(t *testing.T, day int) {
	t.Helper()
	ids := slices.DeleteFunc(k.ids(), func(id string) bool {
		u, _ := k.Project().Get(id)
		return u.Anonymized
	})
	k.dice.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for i := range 5 {
		joined := emulator.User{StandardAttributes: map[string]any{"email": fmt.Sprintf("joined-%d-%d@example.com", day, i)}}
		if _, err := k.Project().Create(joined); err != nil {
			t.Fatal(err)
		}
		if err := k.Project().Delete(ids[2*i]); err != nil {
			t.Fatal(err)
		}
		if err := k.Project().SetLoginID(ids[2*i+1], "email", fmt.Sprintf("changed-%d-%d@example.com", day, i)); err != nil {
			t.Fatal(err)
		}
	}
}

// wantReplayed plays the change log of a Postgres mirror from its beginning, and
// fails the test unless that gives the mirror.
func (k *killer) wantReplayed(t *testing.T) {
	t.Helper()
	if k.path != "" {
		return
	}
	replayed := k.queryPairs(t, `select sub::text, coalesce(email, '') from (
		select distinct on (sub) sub, op, (
			select after ->> 'email' from `+k.table("user_changes")+` latest
			where latest.sub = c.sub and (op = 'create' or 'email' = any (fields)) order by id desc limit 1
		) as email
		from `+k.table("user_changes")+` c order by sub, id desc) last where op <> 'delete'`)
	if mirrored := k.mirrored(t); !maps.Equal(replayed, mirrored) {
		t.Errorf("the change log gives %d users, the mirror has %d, or they differ in their email", len(replayed), len(mirrored))
	}
}

// wantLedgerClosed: after a run that ended, none is noted as running.
func (k *killer) wantLedgerClosed(t *testing.T) {
	t.Helper()
	if k.path != "" {
		return
	}
	var running int
	if err := k.conn.QueryRow(t.Context(), "select count(*) from "+k.table("runs")+" where status = 'running'").Scan(&running); err != nil || running != 0 {
		t.Errorf("%d runs are noted as running, %v", running, err)
	}
}
