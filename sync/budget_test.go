package usersync_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

// strict is what a nightly run has by default.
func strict() usersync.Policy {
	return usersync.Policy{
		MaxDelete: usersync.Percent(5), DeleteWindow: 24 * time.Hour, MaxChange: usersync.Percent(50), MaxIncomplete: 3,
	}
}

func refusedBy(t *testing.T, cfg usersync.Config, budget string) *usersync.RefusedError {
	t.Helper()
	report, err := usersync.Run(t.Context(), cfg)
	var refused *usersync.RefusedError
	if !errors.As(err, &refused) || refused.Budget != budget || report.Status != usersync.StatusRefused {
		t.Fatalf("error %v, status %s; want a refusal by %s", err, report.Status, budget)
	}
	return refused
}

func TestSmallRunsCannotCreepPastTheWindow(t *testing.T) {
	t.Parallel()
	p, m := town(t, 400)
	day := now()
	cfg := config(p, m)
	cfg.Policy, cfg.Now = strict(), func() time.Time { return day }
	for hour := range 3 {
		day = now().Add(time.Duration(hour+1) * time.Hour)
		for n := range 7 {
			p.remove(person(t, hour*7+n, "").ID)
		}
		cfg.RunID = fmt.Sprint("run ", hour)
		if hour < 2 {
			mustRun(t, cfg)
			continue
		}
		refused := refusedBy(t, cfg, "delete-window")
		if !strings.Contains(refused.Reason, "with the 14 users deleted in the last 24h, 21 of 400 would be gone, and --max-delete 5% allows 20") {
			t.Error(refused.Reason)
		}
	}
	day = now().Add(25*time.Hour + time.Minute) // the first seven are out of the window
	if report := mustRun(t, cfg); report.Changes.Deleted != 7 {
		t.Errorf("%+v", report.Changes)
	}
}

func TestTooManyChangesAreRefusedButLogins(t *testing.T) {
	t.Parallel()
	p, m := town(t, 100)
	cfg := config(p, m)
	cfg.Policy = strict()
	for n := range 100 {
		p.put(person(t, n, `,"last_login_at":"2026-01-02T03:04:05Z"`))
	}
	if report := mustRun(t, cfg); report.Changes.Updated != 100 {
		t.Errorf("%+v", report.Changes)
	}
	for n := range 51 {
		p.put(person(t, n, `,"locale":"en"`))
	}
	refused := refusedBy(t, cfg, "max-change")
	if !strings.Contains(refused.Reason, "51 of the mirror's 100 users would change, and --max-change 50% allows 50") || len(refused.Examples) != 10 {
		t.Error(refused)
	}
	p.put(person(t, 0, ""))
	mustRun(t, cfg)
}

func TestFirstRunMayChangeEverything(t *testing.T) {
	t.Parallel()
	p, m := newProject(), newMemory()
	for n := range 100 {
		p.put(person(t, n, ""))
	}
	cfg := config(p, m)
	cfg.Policy = strict()
	mustRun(t, cfg)
}

func TestMassLossIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		have, lose int // users of 300
		body, less string
		budget     string // empty: let pass
	}{
		"a fifth":              {100, 20, `,"name":"N"`, ``, ""},
		"more than a fifth":    {100, 21, `,"name":"N"`, ``, "loss of name"},
		"few":                  {19, 19, `,"name":"N"`, ``, ""},
		"twenty of twenty":     {20, 20, `,"name":"N"`, ``, "loss of name"},
		"phone numbers":        {50, 30, `,"phone_number":"+4989"`, ``, "loss of phone_number"},
		"usernames":            {50, 30, `,"preferred_username":"u"`, ``, "loss of preferred_username"},
		"one custom attribute": {50, 30, `,"custom_attributes":{"a":1,"b":2}`, `,"custom_attributes":{"a":1}`, "loss of custom_attributes.b"},
		"attribute made null":  {50, 30, `,"custom_attributes":{"a":1}`, `,"custom_attributes":{"a":null}`, "loss of custom_attributes.a"},
		"changed, not lost":    {50, 50, `,"name":"N"`, `,"name":"M"`, ""},
		"what is not watched":  {50, 50, `,"locale":"en"`, ``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := newProject(), newMemory()
			for n := range 300 {
				body := ""
				if n < c.have {
					body = c.body
				}
				p.put(person(t, n, body))
			}
			mustRun(t, config(p, m))
			for n := range c.lose {
				p.put(person(t, n, c.less))
			}
			cfg := config(p, m)
			cfg.Policy = strict()
			if c.budget == "" {
				mustRun(t, cfg)
				return
			}
			refused := refusedBy(t, cfg, c.budget)
			if want := fmt.Sprintf("%d of the %d users who have", c.lose, c.have); !strings.Contains(refused.Reason, want) {
				t.Errorf("%q does not say %q", refused.Reason, want)
			}
		})
	}
}

func TestApprovalLetsPassJustWhatWasRefused(t *testing.T) {
	t.Parallel()
	p, m := town(t, 400)
	for n := range 30 {
		p.remove(person(t, n, "").ID)
	}
	cfg := config(p, m)
	cfg.Policy, cfg.RunID = strict(), "refused run"
	_ = refusedBy(t, cfg, "max-delete")
	if last := m.reports[len(m.reports)-1]; len(last.Refused) != 30 || last.Budgets[0].Figure != 30 || last.Budgets[0].Allowed != 20 {
		t.Fatalf("the ledger has %d users, %+v", len(last.Refused), last.Budgets)
	}

	cfg.Policy.Approve, cfg.RunID = "no such run", "another"
	_ = refusedBy(t, cfg, "approve")

	cfg.Policy.Approve = "refused run"
	p.remove(person(t, 50, "").ID) // nobody has seen this one
	refused := refusedBy(t, cfg, "max-delete")
	if want := "not among what run refused run was refused for: " + person(t, 50, "").ID.String(); !strings.HasSuffix(refused.Reason, want) || len(refused.Examples) != 1 {
		t.Errorf("%q does not end in %q; examples %v", refused.Reason, want, refused.Examples)
	}

	p.put(person(t, 50, ""))
	p.put(person(t, 3, "")) // fewer than were approved
	report := mustRun(t, cfg)
	if report.Changes.Deleted != 29 || !report.Budgets[0].Approved {
		t.Errorf("%+v, %+v", report.Changes, report.Budgets)
	}
}

// Approving the latest refusal is enough, however it came about: what it was
// refused for is all that was too much, what its own approval covered included.
func TestApprovingTheLatestRefusalIsEnough(t *testing.T) {
	t.Parallel()
	p, m := town(t, 400)
	rename := func(from, to int) {
		for n := from; n < to; n++ {
			p.put(person(t, n, `,"name":"New"`))
		}
	}
	cfg := config(p, m)
	cfg.Policy, cfg.RunID = strict(), "run 1"
	rename(100, 310)
	_ = refusedBy(t, cfg, "max-change")

	for n := range 30 {
		p.remove(person(t, n, "").ID)
	}
	cfg.Policy.Approve, cfg.RunID = "run 1", "run 2"
	if refused := refusedBy(t, cfg, "max-delete"); strings.Contains(refused.Reason, "--max-change") {
		t.Error(refused.Reason)
	}
	rename(310, 315)
	cfg.Policy.Approve, cfg.RunID = "run 2", "run 3"
	if refused := refusedBy(t, cfg, "max-change"); len(refused.Examples) != 5 || strings.Contains(refused.Reason, "--max-delete") {
		t.Error(refused)
	}
	cfg.Policy.Approve, cfg.RunID = "run 3", "run 4"
	if report := mustRun(t, cfg); report.Changes.Deleted != 30 || report.Changes.Updated != 215 {
		t.Errorf("%+v", report.Changes)
	}
}

func TestAnApprovalEndsWithTheNextRunThatIsPublished(t *testing.T) {
	t.Parallel()
	p, m := town(t, 400)
	for n := range 30 {
		p.remove(person(t, n, "").ID)
	}
	cfg := config(p, m)
	cfg.Policy, cfg.RunID = strict(), "refused run"
	_ = refusedBy(t, cfg, "max-delete")
	cfg.Policy.MaxDelete, cfg.RunID = usersync.Percent(10), "published run"
	mustRun(t, cfg)
	m.reports = append(m.reports, usersync.Report{RunID: "forget", Mode: usersync.ModeForget, Status: usersync.StatusOK})
	cfg.Policy.Approve, cfg.RunID = "refused run", "another"
	if refused := refusedBy(t, cfg, "approve"); !strings.Contains(refused.Reason, "run published run was published after run refused run was refused") {
		t.Error(refused)
	}
}

// What a person let pass leaves the window to what nobody has looked at.
func TestApprovedDeletionsAreNotOfTheWindow(t *testing.T) {
	t.Parallel()
	p, m := town(t, 400)
	day := now()
	cfg := config(p, m)
	cfg.Policy, cfg.Now = strict(), func() time.Time { return day }
	gone := 0
	remove := func(users int) {
		for range users {
			p.remove(person(t, gone, "").ID)
			gone++
		}
		day = day.Add(time.Hour)
		cfg.RunID = fmt.Sprint("run ", gone)
	}
	remove(30)
	_ = refusedBy(t, cfg, "max-delete")
	cfg.Policy.Approve, cfg.RunID = cfg.RunID, "approved"
	mustRun(t, cfg)
	cfg.Policy.Approve = ""
	for range 2 {
		remove(9)
		mustRun(t, cfg)
	}
	remove(9) // 27 without anybody's approval
	if refused := refusedBy(t, cfg, "delete-window"); !strings.Contains(refused.Reason, "with the 18 users deleted in the last 24h, 27 of 370 would be gone") {
		t.Error(refused.Reason)
	}
}

func TestAllBudgetsAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	p, m := town(t, 100)
	for n := range 100 {
		if n < 20 {
			p.remove(person(t, n, "").ID)
		} else {
			p.put(fromJSON(t, fmt.Sprintf(`{"sub":"00000000-0000-4000-8000-%012d"}`, n)))
		}
	}
	cfg := config(p, m)
	cfg.Policy = strict()
	refused := refusedBy(t, cfg, "max-delete")
	for _, part := range []string{"--max-delete", "--max-change", "80 of the 100 users who have email"} {
		if !strings.Contains(refused.Reason, part) {
			t.Errorf("%q does not say %q", refused.Reason, part)
		}
	}
	cfg.Policy.Approve, cfg.RunID = cfg.RunID, "another"
	mustRun(t, cfg)
}

func TestAnotherProjectIsRefused(t *testing.T) {
	t.Parallel()
	p, m := newProject(), newMemory()
	p.project = usersync.Project{Endpoint: "https://shop.example.com", AppID: "shop"}
	p.put(person(t, 1, ""))
	mustRun(t, config(p, m))
	p.project.Endpoint = "https://staging.example.com"
	m.reports, m.began = nil, 0
	refused := refusedBy(t, config(p, m), "adopt")
	if !strings.Contains(refused.Reason, "the users of shop at https://shop.example.com, not of shop at https://staging.example.com") || m.began > 0 {
		t.Errorf("%v; begun %d times", refused, m.began)
	}
	cfg := config(p, m)
	cfg.Policy.Adopt = true
	mustRun(t, cfg)
	mustRun(t, config(p, m))
}

func TestIncompleteSweeps(t *testing.T) {
	t.Parallel()
	p, m := town(t, 50)
	p.gaps = []usersync.Gap{{From: now(), Until: now().Add(time.Second)}, {Until: now()}}
	cfg := config(p, m)
	cfg.Policy = strict()
	cfg.Policy.RequireComplete = true
	if refused := refusedBy(t, cfg, "require-complete"); !strings.HasSuffix(refused.Reason,
		"missed nobody who was created from 2026-01-02 03:04:05 UTC until 2026-01-02 03:04:06 UTC, or until 2026-01-02 03:04:05 UTC") {
		t.Error(refused.Reason)
	}

	cfg.Policy.RequireComplete = false
	for n := range 4 {
		p.put(person(t, 100+n, ""))
		report, err := usersync.Run(t.Context(), cfg)
		var incomplete *usersync.IncompleteError
		if errors.As(err, &incomplete) != (n >= 2) || err != nil && incomplete == nil {
			t.Fatalf("run %d: %v", n, err)
		}
		if report.Changes.Created != 1 || report.Status != usersync.StatusOK || (report.Error != nil) != (err != nil) {
			t.Errorf("run %d: %+v, %s, %v", n, report.Changes, report.Status, report.Error)
		}
		if gaps := report.Census.Gaps; len(gaps) != 2 || report.Census.Complete || gaps[1].From != nil || !gaps[0].From.Equal(now()) {
			t.Errorf("run %d: census %+v", n, report.Census)
		}
	}
	p.gaps = nil
	mustRun(t, cfg)
	p.gaps = []usersync.Gap{{}}
	mustRun(t, cfg) // the count begins anew
}

// People who were forgotten on request are no deletions that a budget knows of.
func TestForgettingIsOutsideTheBudgets(t *testing.T) {
	t.Parallel()
	p, m := town(t, 400)
	m.reports = append(m.reports, usersync.Report{
		Mode: usersync.ModeForget, Status: usersync.StatusOK, StartedAt: now(), Changes: usersync.Counts{Deleted: 300},
	})
	p.remove(person(t, 1, "").ID)
	cfg := config(p, m)
	cfg.Policy = strict()
	mustRun(t, cfg)
}

// Who was approved to change is not approved to be deleted, nor to lose
// something else.
func TestApprovalIsForOneBudget(t *testing.T) {
	t.Parallel()
	p, m := newProject(), newMemory()
	for n := range 100 {
		p.put(person(t, n, `,"phone_number":"+4989","name":"N"`))
	}
	mustRun(t, config(p, m))
	for n := range 40 {
		p.put(person(t, n, `,"name":"N"`))
	}
	cfg := config(p, m)
	cfg.Policy, cfg.RunID = strict(), "phones"
	_ = refusedBy(t, cfg, "loss of phone_number")
	cfg.Policy.Approve, cfg.RunID = "phones", "names"
	for n := range 40 {
		p.put(person(t, n, ""))
	}
	_ = refusedBy(t, cfg, "loss of name")
	for n := range 40 {
		p.remove(person(t, n, "").ID)
	}
	_ = refusedBy(t, cfg, "max-delete")
	if len(m.gone) != 0 {
		t.Errorf("%d users are gone", len(m.gone))
	}
}

// What could not be found out of somebody is found out by the next run: the
// watermark waits for it.
func TestWatermarkWaits(t *testing.T) {
	t.Parallel()
	p, m := town(t, 50)
	p.skip[person(t, 3, "").ID] = true
	p.lookup = func(_ []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
		return make([]*usersync.User, len(answers)), nil
	}
	if report := mustRun(t, config(p, m)); report.Changes.Undecided != 1 || report.Watermark != nil {
		t.Errorf("undecided: %+v, %v", report.Changes, report.Watermark)
	}
	p.lookup, p.gaps = nil, []usersync.Gap{{}}
	if report := mustRun(t, config(p, m)); report.Watermark != nil {
		t.Errorf("incomplete: %v", report.Watermark)
	}
	p.gaps = nil
	if report := mustRun(t, config(p, m)); report.Watermark == nil {
		t.Error("a complete run left no watermark")
	}
}
