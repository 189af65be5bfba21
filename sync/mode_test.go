package usersync_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	usersync "usersync/sync"
)

// following is a town whose last run was an hour ago, and a run that follows.
func following(t *testing.T, population int) (*project, *memory, usersync.Config) {
	t.Helper()
	p, m := town(t, population)
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
	p, m, cfg := following(t, 1000)
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
		"unfit hints":       {func(p *project, _ *memory, _ *usersync.Config) { p.hints.Unfit = "a role was changed" }, usersync.ModeFull},
		"too many hints":    {func(p *project, _ *memory, _ *usersync.Config) { p.hints.IDs = p.order[:201] }, usersync.ModeFull},
		"a fifth":           {func(p *project, _ *memory, _ *usersync.Config) { p.hints.IDs = slices.Clone(p.order[:200]) }, usersync.ModeIncremental},
		"nobody to be seen": {func(p *project, _ *memory, _ *usersync.Config) { p.newcomers = 0 }, usersync.ModeFull},
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
			p, m, cfg := following(t, 1000)
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
