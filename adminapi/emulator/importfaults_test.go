package emulator_test

import (
	"net/http"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"usersync/adminapi/emulator"
)

// TestImportFaults sees for each fault what the client gets, and whether the
// import was carried out.
func TestImportFaults(t *testing.T) {
	t.Parallel()
	const broken = 0
	for name, tt := range map[string]struct {
		faults emulator.Faults
		status int
		users  int
		jobs   int64
	}{
		"dropped":          {emulator.Faults{ImportDropped: 1}, broken, 250, 1},
		"error":            {emulator.Faults{ImportError: 1}, http.StatusInternalServerError, 250, 1},
		"timeout":          {emulator.Faults{ImportTimeout: 1}, http.StatusGatewayTimeout, 250, 1},
		"half queued":      {emulator.Faults{ImportHalfQueued: 1}, http.StatusInternalServerError, 200, 0},
		"truncated":        {emulator.Faults{TruncatedBody: 1}, broken, 250, 1},
		"not carried out":  {emulator.Faults{GatewayTimeout: 1}, http.StatusGatewayTimeout, 0, 0},
		"error before":     {emulator.Faults{InternalError: 1}, http.StatusInternalServerError, 0, 0},
		"too many":         {emulator.Faults{TooManyRequests: 1}, http.StatusTooManyRequests, 0, 0},
		"queries are fine": {emulator.Faults{}, http.StatusOK, 250, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.SetFaults(tt.faults)
			a, err := b.post("email", false, people("a", 250)...)
			if (err != nil) != (tt.status == broken) || err == nil && a.status != tt.status {
				t.Errorf("status %d, error %v", a.status, err)
			}
			if got := b.Imports(); b.Project().Len() != tt.users || got.Jobs != tt.jobs {
				t.Errorf("%d users, stats %+v", b.Project().Len(), got)
			}
		})
	}
}

// TestImportTaskFaults sees tasks die and be killed of themselves, in the same
// way for the same seed.
func TestImportTaskFaults(t *testing.T) {
	t.Parallel()
	run := func(faults emulator.Faults) (importJob, int) {
		b := setup(t)
		b.SetFaults(faults)
		job := b.begin("email", false, people("a", 1000)...)
		return b.look(job.ID), b.Project().Len()
	}
	job, users := run(emulator.Faults{Seed: 1, TaskPanics: 0.5})
	if job.Error == nil || job.Summary.Total%100 != 0 || job.Summary.Total == 0 || users <= job.Summary.Total || users >= 1000 {
		t.Errorf("error %v, summary %+v, %d users", job.Error, job.Summary, users)
	}
	job, users = run(emulator.Faults{Seed: 1, TaskKilled: 0.5})
	if job.Status != "pending" || job.Error != nil || users == 0 || users >= 1000 {
		t.Errorf("status %s, %d users", job.Status, users)
	}
	if _, again := run(emulator.Faults{Seed: 1, TaskKilled: 0.5}); again != users {
		t.Errorf("%d users, then %d", users, again)
	}
}

// TestImportsAddUp sends random imports under random faults and sees that what
// is told is what happened: every detail's outcome is true of the store, a job
// that is well accounts for all that was sent, and nobody is there twice.
func TestImportsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := setup(t)
		chance := rapid.SampledFrom([]float64{0, 0, 0.3})
		b.SetFaults(emulator.Faults{
			Seed: rapid.Uint64().Draw(rt, "seed"), DroppedConnection: chance.Draw(rt, "dropped"), BadGateway: chance.Draw(rt, "bad gateway"),
			ImportDropped: chance.Draw(rt, "import dropped"), ImportError: chance.Draw(rt, "import error"),
			ImportTimeout: chance.Draw(rt, "import timeout"), ImportHalfQueued: chance.Draw(rt, "half queued"),
			TaskPanics: chance.Draw(rt, "panics"), TaskKilled: chance.Draw(rt, "killed"),
		})
		type sent struct {
			id      string
			records int
		}
		var jobs []sent
		for range rapid.IntRange(1, 5).Draw(rt, "imports") {
			records := people("p", rapid.IntRange(1, 320).Draw(rt, "records"))
			if a, err := b.post("email", rapid.Bool().Draw(rt, "upsert"), records...); err == nil && a.status == http.StatusOK {
				jobs = append(jobs, sent{b.job(a).ID, len(records)})
			}
		}
		b.SetFaults(emulator.Faults{})
		inserted := 0
		for _, s := range jobs {
			job := b.look(s.id)
			if job.Status == "pending" {
				continue
			}
			inserted += job.Summary.Inserted
			if well := job.Error == nil; well != (job.Summary.Total == s.records) || job.Summary.Total != len(job.Details) {
				rt.Errorf("%d records sent, error %v, summary %+v", s.records, job.Error, job.Summary)
			}
			for _, d := range job.Details {
				if u, ok := b.Project().Get(d.UserID); !ok || u.StandardAttributes["email"] != d.Record["email"] {
					rt.Errorf("detail %+v of user %+v", d, u)
				}
			}
		}
		emails := map[any]bool{}
		for u := range b.Project().All() {
			emails[u.StandardAttributes["email"]] = true
		}
		if n := b.Project().Len(); len(emails) != n || inserted > n {
			rt.Errorf("%d users with %d emails, %d told of", n, len(emails), inserted)
		}
	})
}

// TestImportsAtOnce imports, queries and changes the project from many sides,
// for the race detector.
func TestImportsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.SetImportPace(1000)
	var all sync.WaitGroup
	for i, name := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			for range 3 {
				b.clock.Add(40_000_000)
				a, err := b.post("email", i%2 == 0, people(name, 120)...)
				if err != nil || a.status != http.StatusOK {
					t.Errorf("status %d, error %v", a.status, err)
				}
				for u := range b.Project().All() {
					_ = b.Project().SetDisabled(u.ID, true, "")
				}
				b.Imports()
			}
		})
	}
	all.Wait()
	b.SetImportPace(0)
	if stats := b.Imports(); b.Project().Len() != 480 || stats.Records != 1440 || stats.Queued != 0 {
		t.Errorf("%d users, stats %+v", b.Project().Len(), stats)
	}
}
