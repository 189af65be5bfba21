package usersync_test

import (
	"context"
	"errors"
	"slices"
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

func TestForgottenUsersDoNotComeBack(t *testing.T) {
	t.Parallel()
	p, m := town(t, 10)
	forgotten := person(t, 3, "").ID
	m.forgotten = map[usersync.ID]bool{forgotten: true}
	delete(m.users, forgotten)
	report := mustRun(t, config(p, m))
	if report.Changes != (usersync.Counts{Unchanged: 9}) || m.users[forgotten] != nil {
		t.Errorf("%+v", report.Changes)
	}
	// One whose row was only scrubbed looks changed, and is left as it is.
	m.users[forgotten] = fromJSON(t, `{"sub":"`+forgotten.String()+`"}`)
	if report := mustRun(t, config(p, m)); report.Changes != (usersync.Counts{Unchanged: 9}) {
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
