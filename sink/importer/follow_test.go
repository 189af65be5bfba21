package importer_test

import (
	"context"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/sync/userimport"
)

// A slowClient has its second job pending until a time.
type slowClient struct {
	*server
	until time.Time
	kill  *process // dies at the first question, if there is one
}

func (c *slowClient) ImportJob(ctx context.Context, id string) (*adminapi.ImportJob, error) {
	job, err := c.server.ImportJob(ctx, id)
	if err != nil || id == "userimport_1" || !c.clock.now().Before(c.until) {
		return job, err
	}
	if c.kill != nil {
		c.kill.mutex.Lock()
		c.kill.dead = true
		c.kill.mutex.Unlock()
		return nil, errKilled
	}
	return &adminapi.ImportJob{ID: job.ID, CreatedAt: job.CreatedAt, Status: adminapi.ImportPending}, nil
}

// A job that an earlier run left pending has all its time from when the next run
// begins, as long as the server knows it.
func TestResumedJobHasItsTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		away, pending time.Duration // from when the job was made
		posts         int
		least, most   time.Duration // that the second run takes
	}{
		"it ends in time":             {5 * time.Hour, 5*time.Hour + 9*time.Minute, 2, 8 * time.Minute, 10 * time.Minute},
		"it never ends":               {5 * time.Hour, 1000 * time.Hour, 3, 10 * time.Minute, 13 * time.Minute},
		"it is about to be forgotten": {24*time.Hour - time.Minute, 1000 * time.Hour, 3, time.Minute, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			items := creates(40)
			began := b.clock.now()
			slow := &slowClient{server: b.server, until: began.Add(test.pending), kill: &process{left: -1}}
			b.cfg.Client = slow
			b.mishap = func(n int, _ post) mishap { return mishap{undone: n == 2 && test.posts > 2} }
			if _, killed, err := b.live(t, items, slow.kill); !killed {
				t.Fatal(err)
			}
			slow.kill = nil
			b.clock.at = began.Add(test.away)
			// The third, if there is one, ends at once.
			b.asked = func(id string) error {
				if id == "userimport_13" {
					slow.until = time.Time{}
				}
				return nil
			}
			before := b.clock.now()
			wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 40})
			b.wantPeople(t, items)
			if took := b.clock.now().Sub(before); len(b.posts) != test.posts || took < test.least || took > test.most {
				t.Errorf("%d posts, %s", len(b.posts), took)
			}
		})
	}
}
