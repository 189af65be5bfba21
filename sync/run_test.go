package usersync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	usersync "usersync/sync"
)

func person(t *testing.T, n int, body string) *usersync.User {
	t.Helper()
	return fromJSON(t, fmt.Sprintf(`{"sub":"00000000-0000-4000-8000-%012d","email":"user%d@example.com"%s}`, n, n, body))
}

// town is a project and a mirror that holds it already.
func town(t *testing.T, population int) (*project, *memory) {
	t.Helper()
	p, m := newProject(), newMemory()
	for n := range population {
		p.put(person(t, n, ""))
	}
	mustRun(t, config(p, m))
	return p, m
}

func mustRun(t *testing.T, cfg usersync.Config) *usersync.Report {
	t.Helper()
	report, err := usersync.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != usersync.StatusOK || report.Error != nil {
		t.Fatalf("status %s, error %v", report.Status, report.Error)
	}
	return report
}

func TestFirstRunCreatesAndSecondFindsNothing(t *testing.T) {
	t.Parallel()
	p, m := town(t, 1234)
	if len(m.users) != 1234 || m.reports[0].Changes != (usersync.Counts{Created: 1234}) {
		t.Fatalf("%d users, %+v", len(m.users), m.reports[0].Changes)
	}
	report := mustRun(t, config(p, m))
	if report.Changes != (usersync.Counts{Unchanged: 1234}) || len(m.log) != 1234 {
		t.Errorf("%+v, %d changes published", report.Changes, len(m.log))
	}
	if report.Source.Users != 1234 || *report.Source.TotalCountStart != 1234 || *report.Source.TotalCountEnd != 1234 {
		t.Errorf("%+v", report.Source)
	}
}

func TestEachKindOfChange(t *testing.T) {
	t.Parallel()
	p, m := town(t, 300)
	p.remove(person(t, 7, "").ID)
	mustRun(t, config(p, m))

	m.log = nil
	p.put(person(t, 7, `,"name":"Back Again"`))
	p.put(person(t, 8, `,"roles":["admin"],"name":"New Name"`))
	p.put(person(t, 900, ""))
	p.remove(person(t, 9, "").ID)
	report := mustRun(t, config(p, m))

	want := usersync.Counts{Created: 1, Updated: 1, Deleted: 1, Restored: 1, Unchanged: 297}
	if report.Changes != want {
		t.Errorf("got %+v, want %+v", report.Changes, want)
	}
	var lines []string
	for _, c := range m.log {
		line := fmt.Sprintf("%s %s before=%t after=%t", c.Op, c.ID.String()[33:], c.Before != nil, c.After != nil)
		for _, f := range c.Fields {
			line += " " + f.Name
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	if got, want := strings.Join(lines, "\n"), "create 900 before=false after=true\n"+
		"delete 009 before=true after=false\n"+
		"restore 007 before=true after=true name\n"+
		"update 008 before=true after=true name roles"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMissedUserIsAskedForAndKept(t *testing.T) {
	t.Parallel()
	p, m := town(t, 50)
	changed := person(t, 3, `,"name":"Changed"`)
	p.put(changed)
	p.skip[changed.ID] = true
	p.skip[person(t, 4, "").ID] = true
	report := mustRun(t, config(p, m))
	if want := (usersync.Counts{Updated: 1, Unchanged: 49}); report.Changes != want {
		t.Errorf("got %+v, want %+v", report.Changes, want)
	}
	if len(m.gone) != 0 || m.users[changed.ID] != changed {
		t.Error("a missed user was deleted or not updated")
	}
}

func TestLookupThatKnowsNobodyDeletesNobody(t *testing.T) {
	t.Parallel()
	p, m := town(t, 250)
	for n := range 5 {
		p.skip[person(t, n, "").ID] = true
	}
	p.lookup = func(_ []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
		return make([]*usersync.User, len(answers)), nil
	}
	report := mustRun(t, config(p, m))
	if len(m.gone) != 0 || report.Changes != (usersync.Counts{Unchanged: 245, Undecided: 5}) {
		t.Errorf("%d deleted, %+v", len(m.gone), report.Changes)
	}
}

func TestDeletedControlIsReplacedByAnother(t *testing.T) {
	t.Parallel()
	p, m := town(t, 250)
	p.remove(person(t, 5, "").ID)
	asked := 0
	p.lookup = func(_ []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
		if asked++; asked == 1 {
			answers[0] = nil
		}
		return answers, nil
	}
	report := mustRun(t, config(p, m))
	if asked != 2 || report.Changes.Deleted != 1 {
		t.Errorf("asked %d times, %+v", asked, report.Changes)
	}
}

func TestNoReadErrorLeadsToAnything(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*project, *memory){
		"sweep": func(p *project, _ *memory) { p.failAfter = 20 },
		"lookup": func(p *project, _ *memory) {
			p.lookup = func([]usersync.ID, []*usersync.User) ([]*usersync.User, error) { return nil, errBroken }
		},
		"begin":         func(_ *project, m *memory) { m.fail = "begin" },
		"what it holds": func(_ *project, m *memory) { m.fail = "holds" },
		"ledger":        func(_ *project, m *memory) { m.fail = "runs" },
		"heartbeat":     func(_ *project, m *memory) { m.fail = "beat" },
		"known users":   func(_ *project, m *memory) { m.fail = "known" },
		"load":          func(_ *project, m *memory) { m.fail = "load" },
		"stage":         func(_ *project, m *memory) { m.fail = "stage" },
		"publish":       func(_ *project, m *memory) { m.fail = "publish" },
		"short answer": func(p *project, _ *memory) {
			p.lookup = func(_ []usersync.ID, a []*usersync.User) ([]*usersync.User, error) { return a[1:], nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := town(t, 150)
			m.log, m.reports, m.began = nil, nil, 0
			p.remove(person(t, 5, "").ID)
			p.put(person(t, 6, `,"name":"Changed"`))
			spoil(p, m)
			report, err := usersync.Run(t.Context(), config(p, m))
			if err == nil || len(m.log) != 0 || len(m.gone) != 0 || len(m.staged) != 0 && name != "begin" {
				t.Fatalf("error %v, %d changes published, %d gone, %d staged", err, len(m.log), len(m.gone), len(m.staged))
			}
			if report.Status != usersync.StatusFailed || *report.Error != err.Error() {
				t.Errorf("report says %s, %v", report.Status, report.Error)
			}
			began := m.began > 0 && name != "begin"
			if began != (len(m.reports) == 1) || began && m.reports[0].Status != usersync.StatusFailed {
				t.Errorf("the ledger has %+v", m.reports)
			}
		})
	}
}

func TestCancelledRunIsInterrupted(t *testing.T) {
	t.Parallel()
	p, m := town(t, 50)
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(p, m)
	cfg.Progress = func(at usersync.Progress) {
		if at.Users == 20 {
			cancel()
		}
	}
	report, err := usersync.Run(ctx, cfg)
	if !errors.Is(err, context.Canceled) || report.Status != usersync.StatusInterrupted {
		t.Errorf("error %v, status %s", err, report.Status)
	}
	if last := m.reports[len(m.reports)-1]; last.Status != usersync.StatusInterrupted {
		t.Errorf("the ledger says %s", last.Status)
	}
}

func TestEmptySourceIsRefused(t *testing.T) {
	t.Parallel()
	_, m := town(t, 50)
	cfg := config(newProject(), m)
	cfg.Policy = usersync.Policy{MaxDelete: usersync.Percent(100)}
	report, err := usersync.Run(t.Context(), cfg)
	var refused *usersync.RefusedError
	if !errors.As(err, &refused) || refused.Budget != "allow-empty" || len(m.gone) != 0 || report.Status != usersync.StatusRefused {
		t.Fatalf("error %v, %d gone, status %s", err, len(m.gone), report.Status)
	}
	cfg.Policy.AllowEmpty = true
	if report := mustRun(t, cfg); report.Changes.Deleted != 50 {
		t.Errorf("with leave: %+v", report.Changes)
	}
	cfg.Policy = usersync.Policy{}
	if report := mustRun(t, cfg); report.Changes != (usersync.Counts{}) {
		t.Errorf("an empty mirror of an empty source: %+v", report.Changes)
	}
}

func TestTooManyDeletionsAreRefused(t *testing.T) {
	t.Parallel()
	p, m := town(t, 400)
	for n := range 21 {
		p.remove(person(t, n, "").ID)
	}
	cfg := config(p, m)
	cfg.Policy = usersync.Policy{MaxDelete: usersync.Percent(5)}
	_, err := usersync.Run(t.Context(), cfg)
	var refused *usersync.RefusedError
	if !errors.As(err, &refused) || refused.Budget != "max-delete" || len(refused.Examples) != 10 || len(m.gone) != 0 {
		t.Fatalf("error %v, %d gone", err, len(m.gone))
	}
	for _, part := range []string{"21 of the mirror's 400 users", "5% allows 20", "--approve run", refused.Examples[9].String()} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	p.put(person(t, 0, ""))
	if report := mustRun(t, cfg); report.Changes.Deleted != 20 {
		t.Errorf("%+v", report.Changes)
	}
}

func TestDryRunSeesTheSameAndChangesNothing(t *testing.T) {
	t.Parallel()
	p, m := town(t, 300)
	m.log, m.reports, m.began = nil, nil, 0
	p.put(person(t, 8, `,"name":"New Name"`))
	p.put(person(t, 900, ""))
	p.remove(person(t, 9, "").ID)
	cfg := config(p, m)
	cfg.DryRun = true
	var shown []usersync.Op
	cfg.OnChange = func(c usersync.Change) { shown = append(shown, c.Op) }
	dry := mustRun(t, cfg)
	if m.began+len(m.log)+len(m.staged)+len(m.reports) != 0 {
		t.Errorf("the dry run wrote: %+v", m)
	}
	if !slices.Equal(shown, []usersync.Op{usersync.Update, usersync.Create, usersync.Delete}) || !dry.DryRun {
		t.Errorf("it showed %v", shown)
	}
	if report := mustRun(t, config(p, m)); report.Changes != dry.Changes {
		t.Errorf("the dry run said %+v, the run did %+v", dry.Changes, report.Changes)
	}
}

func TestOtherFieldsMakeNobodyLookChanged(t *testing.T) {
	t.Parallel()
	p, m := town(t, 30)
	fewer, err := usersync.ParseFields([]string{"-email"})
	if err != nil {
		t.Fatal(err)
	}
	m.fields, m.log = fewer, nil
	p.put(person(t, 3, `,"name":"Changed"`))
	report := mustRun(t, config(p, m))
	if want := (usersync.Counts{Updated: 1, Unchanged: 29, Rewritten: 29}); report.Changes != want {
		t.Errorf("got %+v, want %+v", report.Changes, want)
	}
	if len(m.log) != 30 {
		t.Errorf("%d of 30 users were written anew", len(m.log))
	}
}

func TestStaleFingerprintsAreWrittenAnew(t *testing.T) {
	t.Parallel()
	p, m := town(t, 30)
	m.stale, m.log = true, nil
	report := mustRun(t, config(p, m))
	if report.Changes != (usersync.Counts{Unchanged: 30, Rewritten: 30}) || len(m.log) != 30 || m.log[0].Op != usersync.Refill {
		t.Errorf("%+v, %d written anew", report.Changes, len(m.log))
	}
}

func TestReplaceNUL(t *testing.T) {
	t.Parallel()
	p, m := newProject(), newMemory()
	p.put(person(t, 1, `,"name":"a\u0000b","roles":["\u0000"],"custom_attributes":{"k\u0000":["\u0000",{"x":"\u0000"}]}`))
	cfg := config(p, m)
	cfg.ReplaceNUL = true
	mustRun(t, cfg)
	text, err := m.log[0].After.AppendJSON(nil, usersync.AllFields().All())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `\u0000`) || strings.Count(string(text), "\uFFFD") != 5 {
		t.Errorf("got %s", text)
	}
}

// A run that is stopped while it publishes does not claim that nothing changed.
func TestStoppedWhilePublishing(t *testing.T) {
	t.Parallel()
	p, m := town(t, 50)
	p.put(person(t, 6, `,"name":"Changed"`))
	ctx, cancel := context.WithCancel(t.Context())
	m.fail, m.publishing = "publish", cancel
	report, err := usersync.Run(ctx, config(p, m))
	var stopped *usersync.StoppedError
	if !errors.As(err, &stopped) || !errors.Is(stopped.Publishing, errBroken) || !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if report.Status != usersync.StatusInterrupted || strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("%s: %v", report.Status, err)
	}
}
