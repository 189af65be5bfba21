package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

// people are n records of new people.
func people(name string, n int) []record {
	all := make([]record, n)
	for i := range all {
		all[i] = record{"email": fmt.Sprintf("%s%d@example.com", name, i)}
	}
	return all
}

// TestImportPace sees jobs worked through one after the other as time passes,
// shown without details until the last task is done.
func TestImportPace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.SetImportPace(10)
	first, second := b.begin("email", false, people("a", 250)...), b.begin("email", false, people("b", 10)...)
	for _, tt := range []struct {
		seconds       int
		users         int
		first, second string
	}{
		{0, 0, "pending", "pending"},
		{1, 10, "pending", "pending"},
		{23, 240, "pending", "pending"},
		{1, 250, "completed", "pending"},
		{1, 260, "completed", "completed"},
	} {
		b.clock.Add(time.Duration(tt.seconds) * time.Second)
		one, two := b.look(first.ID), b.look(second.ID)
		if one.Status != tt.first || two.Status != tt.second || b.Project().Len() != tt.users {
			t.Errorf("after %d s more: %s, %s, %d users", tt.seconds, one.Status, two.Status, b.Project().Len())
		}
		if pending := one.Status == "pending"; pending != (one.Summary == nil) || pending != (len(one.Details) == 0) || pending != (one.CompletedAt == nil) {
			t.Errorf("job %+v", one)
		}
	}
	done := b.look(first.ID)
	if done.Summary.Total != 250 || !done.CompletedAt.Equal(first.CreatedAt.Add(25*time.Second)) {
		t.Errorf("summary %+v, completed %v", done.Summary, done.CompletedAt)
	}
	for i, d := range done.Details {
		if want := fmt.Sprintf("a%d@example.com", i); d.Index != i || d.Record["email"] != want {
			t.Fatalf("detail %d is %+v", i, d)
		}
		if at := first.CreatedAt.Add(time.Duration(i+1) * time.Second / 10); !b.user(d.UserID).CreatedAt.Equal(at) {
			t.Fatalf("user %d created %v, want %v", i, b.user(d.UserID).CreatedAt, at)
		}
	}
	if got, want := b.Imports(), (emulator.ImportStats{Posts: 2, Jobs: 2, Records: 260}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

// TestImportWorkShowsToWhoeverLooks sees that a query, and a test, see what is
// due by now.
func TestImportWorkShowsToWhoeverLooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	project := b.Project()
	b.SetImportPace(1)
	b.begin("email", false, people("a", 3)...)
	b.clock.Add(time.Second)
	if n := dig(t, b.must(`{users{totalCount}}`, nil), "users.totalCount"); n != json.Number("1") {
		t.Errorf("GraphQL shows %v users", n)
	}
	b.clock.Add(time.Second)
	if before, after := project.Len(), b.Project().Len(); before != 1 || after != 2 {
		t.Errorf("%d users, then %d", before, after)
	}
	b.SetImportPace(0)
	if stats := b.Imports(); stats.Queued != 0 || project.Len() != 3 {
		t.Errorf("stats %+v", stats)
	}
}

// TestImportTimesDiffer sees that full speed makes nobody's creation time equal
// to another's, though the clock stands still.
func TestImportTimesDiffer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.imports("email", false, people("a", 150)...)
	seen := map[time.Time]bool{}
	for u := range b.Project().All() {
		seen[u.CreatedAt] = true
	}
	if len(seen) != 150 {
		t.Errorf("%d different times", len(seen))
	}
}

// TestImportTaskPanics sees one task of three die: its records before the
// guilty one are written, and the job knows nothing of them.
func TestImportTaskPanics(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(*bundle, []record){
		"null": func(_ *bundle, records []record) { records[150] = record{"email": nil} },
		"picked": func(b *bundle, records []record) {
			b.SetImportPanic(func(r json.RawMessage) bool { return string(r) == `{"email":"`+records[150]["email"].(string)+`"}` })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			records := people("a", 250)
			kill(b, records)
			job := b.imports("email", true, records...)
			if job.Error["reason"] != "UnexpectedError" || job.Summary.Total != 150 || b.Project().Len() != 200 {
				t.Errorf("error %v, summary %+v, %d users", job.Error, job.Summary, b.Project().Len())
			}
			if len(job.Details) != 150 || job.Details[99].Index != 99 || job.Details[100].Index != 200 {
				t.Errorf("details %+v", job.Details)
			}
		})
	}
}

// TestImportShowsErrorsOfPendingJobs sees a dead task's error before the job is
// over.
func TestImportShowsErrorsOfPendingJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.SetImportPace(1)
	records := people("a", 101)
	records[1] = record{"email": nil}
	job := b.begin("email", false, records...)
	b.clock.Add(2 * time.Second)
	if job = b.look(job.ID); job.Status != "pending" || job.Error == nil || job.Summary != nil {
		t.Errorf("job %+v", job)
	}
	b.clock.Add(time.Second)
	if job = b.look(job.ID); job.Status != "completed" || job.Error == nil || job.Summary.Total != 1 || job.Details[0].Index != 100 {
		t.Errorf("job %+v", job)
	}
}

// TestKillImports sees a job stay half done for ever, and the next one go on.
func TestKillImports(t *testing.T) {
	t.Parallel()
	for _, after := range []int{0, 1, 99, 100, 130, 150} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.KillImports(after)
			killed := b.begin("email", false, people("a", 150)...)
			// Tasks behind the killed one go on, here the job's own second one too.
			want := after
			if after <= 100 {
				want += 50
			}
			if got := b.Project().Len(); got != want {
				t.Errorf("%d users, want %d", got, want)
			}
			if job := b.imports("email", false, people("b", 10)...); job.Summary.Inserted != 10 {
				t.Errorf("next job %+v", job)
			}
			b.clock.Add(24*time.Hour - time.Second)
			if job := b.look(killed.ID); job.Status != "pending" || job.Error != nil || len(job.Details) > 0 {
				t.Errorf("killed job %+v", job)
			}
			if stats := b.Imports(); stats.Queued != 0 || stats.Records != int64(want+10) {
				t.Errorf("stats %+v", stats)
			}
		})
	}
}

func TestImportJobsAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.begin("email", false, people("a", 1)...)
	b.clock.Add(time.Hour)
	second := b.begin("email", false, people("b", 1)...)
	b.clock.Add(23*time.Hour - time.Second)
	b.look(first.ID)
	b.clock.Add(time.Second)
	a, err := b.rest(http.MethodGet, importPath+"/"+first.ID, nil)
	must(t, err)
	if a.status != http.StatusNotFound || errorReason(t, a) != "TaskNotFound" {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	b.look(second.ID)
}

// TestImportQuota sees a refused batch consume nothing, and a period end.
func TestImportQuota(t *testing.T) {
	t.Parallel()
	for period, end := range map[string]time.Duration{"day": 16 * time.Hour, "month": 7*24*time.Hour + 16*time.Hour} {
		t.Run(period, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.SetImportQuota(10, period)
			refused := func(n int) {
				t.Helper()
				a, err := b.post("email", false, people("x", n)...)
				must(t, err)
				e := dig(t, decodeObject(t, a.body), "error").(map[string]any)
				if a.status != http.StatusTooManyRequests || e["reason"] != "UsageLimitExceeded" || dig(t, e, "info.period") != period || a.header.Get("Retry-After") != "" {
					t.Errorf("status %d, %v, %s", a.status, a.header, a.body)
				}
			}
			b.imports("email", false, people("a", 6)...)
			refused(5)
			b.imports("email", false, people("b", 4)...)
			refused(1)
			b.clock.Add(end - time.Second)
			refused(1)
			b.clock.Add(time.Second)
			b.imports("email", false, people("c", 10)...)
			refused(1)
			b.SetImportQuota(0, "")
			b.imports("email", false, people("d", 11)...)
			if b.Project().Len() != 31 {
				t.Errorf("%d users", b.Project().Len())
			}
		})
	}
}

// TestImportTwiceInOneRequest sees the second of two equal identifiers be an
// update, or skipped.
func TestImportTwiceInOneRequest(t *testing.T) {
	t.Parallel()
	for upsert, want := range map[bool][]string{true: {"inserted", "updated"}, false: {"inserted", "skipped"}} {
		b := setup(t)
		job := b.imports("email", upsert, record{"email": "a@example.com"}, record{"email": "a@example.com", "name": "A"})
		if got := job.outcomes(); !slices.Equal(got, want) || job.Details[0].UserID != job.Details[1].UserID {
			t.Errorf("upsert %v: %+v", upsert, job)
		}
	}
}
