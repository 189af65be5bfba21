package usersync_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

// following is a town of a thousand whose last run was an hour ago, and a run that follows.
func following(t *testing.T) (*project, *memory, usersync.Config) {
	t.Helper()
	p, m := town(t, 1000)
	m.log = nil
	cfg := config(p, m)
	cfg.Mode = usersync.ModeConfig{Wanted: usersync.ModeAuto, FullEvery: 20 * time.Hour}
	cfg.Now = func() time.Time { return now().Add(time.Hour) }
	p.hints.Watermark = now().Add(time.Hour)
	p.newcomers = 10
	return p, m, cfg
}

func TestIncrementalRunAsksForWhomItIsTold(t *testing.T) {
	t.Parallel()
	p, m, cfg := following(t)
	p.put(person(t, 5, `,"name":"Told"`))
	p.put(person(t, 6, `,"name":"Due"`))
	p.put(person(t, 7, `,"name":"Neither"`))
	p.put(person(t, 2000, ""))
	p.remove(person(t, 8, "").ID)
	p.hints.IDs = []usersync.ID{person(t, 5, "").ID, person(t, 8, "").ID, person(t, 9, "").ID, person(t, 3000, "").ID}
	m.due = []usersync.ID{person(t, 6, "").ID, person(t, 5, "").ID}
	report := mustRun(t, cfg)
	if want := (usersync.Counts{Created: 1, Updated: 2, Deleted: 1, Unchanged: 997}); report.Changes != want || report.Mode != usersync.ModeIncremental {
		t.Errorf("%s: got %+v, want %+v", report.Mode, report.Changes, want)
	}
	if !p.asked.Equal(now().Add(-10*time.Minute)) || !report.Watermark.Equal(now().Add(time.Hour)) || report.Census != nil {
		t.Errorf("asked since %v, watermark %v, census %v", p.asked, report.Watermark, report.Census)
	}
	cfg.Mode.Wanted = usersync.ModeFull
	if report := mustRun(t, cfg); report.Changes.Updated != 1 || report.Mode != usersync.ModeFull {
		t.Errorf("%s: %+v", report.Mode, report.Changes)
	}
}

func TestWhenARunIsFull(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*project, *memory, *usersync.Config)
		want  string
	}{
		"all is well":    {func(*project, *memory, *usersync.Config) {}, usersync.ModeIncremental},
		"full every day": {func(_ *project, _ *memory, c *usersync.Config) { c.Mode.FullEvery = 59 * time.Minute }, usersync.ModeFull},
		"… unless told otherwise": {func(_ *project, _ *memory, c *usersync.Config) {
			c.Mode = usersync.ModeConfig{Wanted: usersync.ModeIncremental}
		}, usersync.ModeIncremental},
		"unfit hints":                {func(p *project, _ *memory, _ *usersync.Config) { p.hints.Unfit = "a role was changed" }, usersync.ModeFull},
		"too many hints":             {func(p *project, _ *memory, _ *usersync.Config) { p.hints.IDs = p.order[:201] }, usersync.ModeFull},
		"a fifth":                    {func(p *project, _ *memory, _ *usersync.Config) { p.hints.IDs = slices.Clone(p.order[:200]) }, usersync.ModeIncremental},
		"nobody to be seen":          {func(p *project, _ *memory, _ *usersync.Config) { p.newcomers = 0 }, usersync.ModeFull},
		"a little step of the clock": {func(p *project, _ *memory, _ *usersync.Config) { p.hints.Watermark = now().Add(-30 * time.Second) }, usersync.ModeIncremental},
		"a step of the clock":        {func(p *project, _ *memory, _ *usersync.Config) { p.hints.Watermark = now().Add(-31 * time.Second) }, usersync.ModeFull},
		"an import":                  {func(_ *project, m *memory, _ *usersync.Config) { m.fullDue = "an import was noted" }, usersync.ModeFull},
		"… whatever is wanted": {func(_ *project, m *memory, c *usersync.Config) {
			m.fullDue, c.Mode.Wanted = "an import was noted", usersync.ModeIncremental
		}, usersync.ModeFull},
		"a count that tells of more": {func(p *project, _ *memory, _ *usersync.Config) { p.uncounted = 11 }, usersync.ModeFull},
		"… of fewer":                 {func(p *project, _ *memory, _ *usersync.Config) { p.uncounted = -11 }, usersync.ModeFull},
		"… of a few":                 {func(p *project, _ *memory, _ *usersync.Config) { p.uncounted = 10 }, usersync.ModeIncremental},
		"… of those forgotten":       {func(p *project, m *memory, _ *usersync.Config) { m.reports[0].Changes.Forgotten, p.uncounted = 5, 15 }, usersync.ModeIncremental},
		"… of those forgotten since": {func(p *project, m *memory, _ *usersync.Config) {
			m.reports = append(m.reports, usersync.Report{Mode: usersync.ModeForget, Status: usersync.StatusOK, Changes: usersync.Counts{Deleted: 5}})
			p.uncounted = 15
		}, usersync.ModeIncremental},
		"no watermark":      {func(_ *project, m *memory, _ *usersync.Config) { m.reports[0].Watermark = nil }, usersync.ModeFull},
		"incomplete before": {func(_ *project, m *memory, _ *usersync.Config) { m.reports[0].Census.Complete = false }, usersync.ModeFull},
		"other fields": {func(_ *project, m *memory, _ *usersync.Config) {
			m.fields = usersync.FieldsNamed([]string{"email", "created_at"})
		}, usersync.ModeFull},
		"all anew":           {func(_ *project, _ *memory, c *usersync.Config) { c.Anew = true }, usersync.ModeFull},
		"stale fingerprints": {func(_ *project, m *memory, _ *usersync.Config) { m.stale = true }, usersync.ModeFull},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m, cfg := following(t)
			c.spoil(p, m, &cfg)
			if report := mustRun(t, cfg); report.Mode != c.want || report.Changes.Unchanged != 1000 {
				t.Errorf("got %s, want %s; %+v", report.Mode, c.want, report.Changes)
			}
		})
	}
}

// Whoever comes back under the ID of old, from a backup, has no entry in the log.
// The source's count of its users tells.
func TestManyUsersWhoComeBackAreNotOverlooked(t *testing.T) {
	t.Parallel()
	p, m, cfg := following(t)
	for n := range 300 {
		p.remove(person(t, n, "").ID)
	}
	p.remove(person(t, 400, "").ID)
	cfg.Mode.Wanted = usersync.ModeFull
	mustRun(t, cfg)
	cfg.Mode.Wanted = usersync.ModeAuto
	for n := range 300 {
		p.put(person(t, n, ""))
	}
	p.put(person(t, 500, `,"name":"Told"`))
	p.remove(person(t, 501, "").ID)
	p.hints.IDs = []usersync.ID{person(t, 500, "").ID, person(t, 501, "").ID}
	m.log = nil
	report := mustRun(t, cfg) // in which ten of them are seen among the newest
	if want := (usersync.Counts{Updated: 1, Deleted: 1, Restored: 300, Unchanged: 697}); report.Changes != want || report.Mode != usersync.ModeFull || len(m.log) != 302 {
		t.Errorf("%s: got %+v, want %+v; %d staged", report.Mode, report.Changes, want, len(m.log))
	}
	if want := "the source counts 998 users, and the mirror would have 708"; report.ModeReason != want {
		t.Errorf("because %q, want %q", report.ModeReason, want)
	}
}

// What an incremental run left undecided is decided by the full one it becomes.
func TestARunThatBecomesFullGivesNobodyUp(t *testing.T) {
	t.Parallel()
	p, _, cfg := following(t)
	for n := range 50 {
		p.remove(person(t, n, "").ID)
		p.hints.IDs = append(p.hints.IDs, person(t, n, "").ID)
	}
	p.uncounted = -60
	p.lookup = func(_ []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
		if p.lookups < 20 { // until the sample of controls is used up
			return make([]*usersync.User, len(answers)), nil
		}
		return answers, nil
	}
	report := mustRun(t, cfg)
	if want := (usersync.Counts{Deleted: 50, Unchanged: 950}); report.Changes != want || report.Mode != usersync.ModeFull {
		t.Errorf("%s: got %+v, want %+v", report.Mode, report.Changes, want)
	}
}

func TestNobodyWhoCameBackMeanwhileIsDeleted(t *testing.T) {
	t.Parallel()
	p, m, cfg := following(t)
	back := person(t, 5, "")
	p.remove(back.ID)
	p.hints.IDs = []usersync.ID{back.ID}
	p.uncounted = -60
	p.lookup = func(_ []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
		p.put(back)
		return answers, nil
	}
	if _, err := usersync.Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "is back") || m.gone[back.ID] {
		t.Errorf("error %v, gone %v", err, m.gone[back.ID])
	}
}

func TestForgottenUsersDoNotComeBack(t *testing.T) {
	t.Parallel()
	p, m := town(t, 10)
	forgotten := person(t, 3, "").ID
	m.forgotten = map[usersync.ID]bool{forgotten: true}
	delete(m.users, forgotten)
	report := mustRun(t, config(p, m))
	if report.Changes != (usersync.Counts{Unchanged: 9, Forgotten: 1}) || m.users[forgotten] != nil {
		t.Errorf("%+v", report.Changes)
	}
	// One whose row was only scrubbed looks changed, and is left as it is.
	m.users[forgotten] = fromJSON(t, `{"sub":"`+forgotten.String()+`"}`)
	if report := mustRun(t, config(p, m)); report.Changes != (usersync.Counts{Unchanged: 9, Forgotten: 1}) {
		t.Errorf("%+v", report.Changes)
	}
	// A dry run says beforehand who is in the mirror and must not be.
	cfg := config(p, m)
	cfg.DryRun = true
	if report := mustRun(t, cfg); report.Changes != (usersync.Counts{Unchanged: 9, Forgotten: 1, TakenOut: 1}) || !report.Changes.Any() {
		t.Errorf("%+v", report.Changes)
	}
}

func TestErasure(t *testing.T) {
	t.Parallel()
	p, m := town(t, 50)
	m.log = nil
	p.put(person(t, 3, `,"is_anonymized":true`))
	p.remove(person(t, 4, "").ID)
	cfg := config(p, m)
	cfg.Policy.OnDelete = usersync.EraseValues
	mustRun(t, cfg)
	for _, c := range m.log {
		want := map[usersync.Op]usersync.Erasure{usersync.Update: usersync.EraseHistory, usersync.Delete: usersync.EraseValues}[c.Op]
		if c.Erase != want || (c.Op == usersync.Delete) != c.ConfirmedAt.Equal(now()) {
			t.Errorf("%s erases %d, confirmed at %v", c.Op, c.Erase, c.ConfirmedAt)
		}
	}
	if len(m.log) != 2 {
		t.Errorf("%d changes", len(m.log))
	}
}

func TestUndecidedUsersKeepTheirRowsWhenAllAreWrittenAnew(t *testing.T) {
	t.Parallel()
	p, m := town(t, 50)
	m.log, m.stale = nil, true
	p.skip[person(t, 3, "").ID] = true
	p.lookup = func(_ []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
		return make([]*usersync.User, len(answers)), nil
	}
	report := mustRun(t, config(p, m))
	if report.Changes != (usersync.Counts{Unchanged: 49, Undecided: 1, Rewritten: 50}) || len(m.log) != 50 {
		t.Errorf("%+v, %d written", report.Changes, len(m.log))
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	_, m := town(t, 50)
	p := newProject()
	p.put(person(t, 1, ""))
	ctx, cancel := context.WithCancelCause(t.Context())
	cfg := config(p, m)
	cfg.Progress = func(usersync.Progress) { cancel(usersync.ErrTimeLimit) }
	report, err := usersync.Run(ctx, cfg)
	if !errors.Is(err, usersync.ErrTimeLimit) || report.Status != usersync.StatusInterrupted || len(m.gone) != 0 {
		t.Errorf("error %v, status %s, %d gone", err, report.Status, len(m.gone))
	}
}

// The source is told when everybody was read, unless somebody was not.
func TestHintsAreForWhatCameAfterASweep(t *testing.T) {
	t.Parallel()
	hour := func(n int) time.Time { return now().Add(time.Duration(n) * time.Hour) }
	for name, c := range map[string]struct {
		spoil func(*memory)
		want  time.Time
	}{
		"a sweep": {func(*memory) {}, now()},
		"and an incremental run": {func(m *memory) {
			m.reports = append(m.reports, usersync.Report{Status: usersync.StatusOK, Mode: usersync.ModeIncremental, StartedAt: hour(1), Watermark: new(hour(1))})
		}, now()},
		"and an incomplete one": {func(m *memory) {
			m.reports = append(m.reports, usersync.Report{Status: usersync.StatusOK, Mode: usersync.ModeFull, StartedAt: hour(1), Census: &usersync.CensusReport{}})
		}, now()},
		"and a complete one": {func(m *memory) {
			m.reports = append(m.reports, usersync.Report{
				Status: usersync.StatusOK, Mode: usersync.ModeFull, StartedAt: hour(1), Watermark: new(hour(1).Add(time.Second)), Census: &usersync.CensusReport{Complete: true},
			})
		}, hour(1).Add(time.Second)},
		"and one that left somebody undecided": {func(m *memory) {
			m.reports = append(m.reports, usersync.Report{Status: usersync.StatusOK, Mode: usersync.ModeFull, StartedAt: hour(1), Census: &usersync.CensusReport{Complete: true}})
		}, time.Time{}},
		"and an import into a project elsewhere": {func(m *memory) {
			m.reports = append(m.reports, usersync.Report{
				Status: usersync.StatusOK, Mode: usersync.ModeImport, StartedAt: hour(1), Project: usersync.Project{Endpoint: "https://else.example.com", AppID: "other"},
			})
		}, now()},
		"and one that was refused": {func(m *memory) {
			m.reports = append(m.reports, usersync.Report{
				Status: usersync.StatusRefused, Mode: usersync.ModeFull, StartedAt: hour(1), Watermark: new(hour(1)), Census: &usersync.CensusReport{Complete: true},
			})
		}, now()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m, cfg := following(t)
			c.spoil(m)
			cfg.Now = func() time.Time { return hour(2) }
			p.hints.Watermark = hour(2)
			if report := mustRun(t, cfg); report.Mode != usersync.ModeIncremental || !p.swept.Equal(c.want) {
				t.Errorf("a %s run after a sweep at %v, want %v", report.Mode, p.swept, c.want)
			}
		})
	}
}

func TestReasonOfADueFullRun(t *testing.T) {
	t.Parallel()
	_, m, cfg := following(t)
	m.fullDue = "an import was noted"
	if report := mustRun(t, cfg); report.ModeReason != m.fullDue {
		t.Errorf("full because %q", report.ModeReason)
	}
}

// People leave the change log who are anonymised, whatever is mirrored of them:
// at once, and where the mirror did not hold the field as soon as it does.
func TestAnonymisedUsersLeaveTheHistory(t *testing.T) {
	t.Parallel()
	few, err := usersync.ParseFields([]string{"roles"})
	if err != nil {
		t.Fatal(err)
	}
	for name, held := range map[string][]string{
		"held by the mirror":     few.Names(),
		"not held by the mirror": {"roles", "created_at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := newProject(), newMemory()
			for n := range 20 {
				p.put(person(t, n, `,"roles":["a"]`))
			}
			cfg := config(p, m)
			cfg.Fields = few
			mustRun(t, cfg)
			m.fields, m.log = usersync.FieldsNamed(held), nil
			p.put(person(t, 3, `,"roles":["a"],"is_anonymized":true`)) // nothing else that is mirrored changes
			p.put(person(t, 30, `,"roles":["a"],"is_anonymized":true`))
			report := mustRun(t, cfg)
			updated := 0
			for _, c := range m.log {
				want := usersync.EraseNothing
				if c.ID == person(t, 3, "").ID {
					want = usersync.EraseHistory
					if c.Op == usersync.Update {
						updated++
					}
				}
				if c.Erase != want {
					t.Errorf("%s of %s erases %d", c.Op, c.ID, c.Erase)
				}
			}
			refilled := len(held) < few.Len()
			if report.Changes.Created != 1 || report.Changes.Updated != updated || refilled != (updated == 0) || refilled != (report.Changes.Rewritten == 20) {
				t.Errorf("%+v", report.Changes)
			}
		})
	}
}

// A mirror made when the times at which accounts are disabled were not mirrored with
// disabled gets them without anybody being called changed, and from then on an
// incremental run knows whom to look at.
func TestDisabledComesWithItsTimes(t *testing.T) {
	t.Parallel()
	few, err := usersync.ParseFields([]string{"email", "disabled"})
	if err != nil {
		t.Fatal(err)
	}
	p, m := newProject(), newMemory()
	for n := range 20 {
		p.put(person(t, n, `,"account_valid_until":"2026-02-03T04:05:06Z"`))
	}
	cfg := config(p, m)
	cfg.Fields = usersync.FieldsNamed([]string{"email", "disabled", "created_at", "is_anonymized"})
	mustRun(t, cfg)
	m.log, cfg.Fields, cfg.Mode.Wanted = nil, few, usersync.ModeIncremental
	report := mustRun(t, cfg)
	added := []string{"temporarily_disabled_from", "temporarily_disabled_until", "account_valid_from", "account_valid_until"}
	if report.Mode != usersync.ModeFull || report.Changes != (usersync.Counts{Unchanged: 20, Rewritten: 20}) ||
		!slices.Equal(report.FieldsAdded, added) || len(report.FieldsDropped) != 0 {
		t.Errorf("%s: %+v, now also %v, no longer %v", report.Mode, report.Changes, report.FieldsAdded, report.FieldsDropped)
	}
	until, _ := few.Lookup("account_valid_until")
	for id, user := range m.users {
		if !user.Has(until) {
			t.Errorf("user %s has no end of validity", id)
		}
	}
}
