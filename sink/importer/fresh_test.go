package importer_test

import (
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/sync/userimport"
)

// Updates that wait for longer than 10 minutes, or for nobody knows how long, are
// sent to those alone who have not changed meanwhile; those that do not are sent
// without reading anybody again.
func TestUpdatesThatWaited(t *testing.T) {
	t.Parallel()
	for waited, conflicts := range map[time.Duration]int{9 * time.Minute: 0, 11 * time.Minute: 2, -time.Minute: 2} {
		t.Run(waited.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Readback = false
			items := b.updates(1, 30)
			reads := 0
			b.read = func() error { reads++; return nil }
			b.clock.at = b.clock.at.Add(waited)
			b.edit(items[4].User, "name", "Another")
			delete(b.users, items[19].User)
			all := b.mustRun(t, items)
			wantOutcomes(t, all, outcomes{userimport.Updated: 30 - conflicts, userimport.Conflict: conflicts})
			if reads != conflicts { // one for each job
				t.Errorf("users were read %d times", reads)
			}
			if conflicts == 0 {
				return
			}
			for _, row := range []int{5, 20} {
				if result := all.results[row]; result.Outcome != userimport.Conflict || !strings.Contains(result.Reason, "changed after the rows had been compared") {
					t.Errorf("row %d: %+v", row, result)
				}
			}
			for _, post := range b.posts {
				if text := strings.Join(post.emails, " ") + " "; strings.Contains(text, emailOf(5)+" ") || strings.Contains(text, emailOf(20)+" ") {
					t.Errorf("sent were %s", text)
				}
			}
		})
	}
}

// So it is with updates that wait behind a job that is slow, or stuck.
func TestUpdatesBehindASlowJob(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Jobs = 1
	items := b.updates(1, 1020)
	b.mishap = second(mishap{stuck: 990})
	b.asked = func(id string) error {
		if id == "userimport_1022" { // the second job, which is waited for before it counts as stuck
			b.edit(items[1014].User, "name", "Another")
		}
		return nil
	}
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Updated: 1019, userimport.Conflict: 1})
	if b.users[items[1014].User].Get(field("name")) != "Another" {
		t.Error("what somebody changed was overwritten")
	}
}

// A batch in which nobody is left is not sent, and a job whose rows wait for long
// after it was refused is looked at again too.
func TestNobodyLeftToUpdate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 5)
	b.mishap = func(n int, _ post) mishap {
		if n > 1 {
			return mishap{}
		}
		b.clock.at = b.clock.at.Add(time.Hour) // the client waits as the server asks it to
		for _, item := range items {
			b.edit(item.User, "name", "Another")
		}
		return refusal(429, adminapi.ReasonUsageLimit, nil)
	}
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Conflict: 5})
	if len(b.posts) != 1 {
		t.Errorf("%d posts", len(b.posts))
	}
}
