package soak_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"usersync/adminapi/emulator"
	usersync "usersync/sync"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// What no schedule may lead to. Anything else that goes wrong is an error, too.
var (
	errDeleted  = errors.New("somebody who exists was deleted")
	errUnequal  = errors.New("once nothing happens, a run does not make the mirror equal")
	errRestless = errors.New("a run writes though nothing has changed")
)

// A schedule is a project, what happens to it, and how it is copied. All chance
// is in it, but for which of several requests at a time comes first.
type schedule struct {
	seed    uint64
	users   int // at first
	crowd   int // of them share a time of creation
	workers int
	churn   float64
	modes   []string // of the runs while things happen
	pauses  []time.Duration
	events  []int // between the runs
}

func drawSchedule(t *rapid.T) schedule {
	s := schedule{
		seed:    rapid.Uint64().Draw(t, "seed"),
		users:   rapid.IntRange(0, 350).Draw(t, "users"),
		crowd:   rapid.SampledFrom([]int{1, 1, 1, 2, 7, 40, 99, 120}).Draw(t, "users at a time"),
		workers: rapid.IntRange(1, 8).Draw(t, "workers"),
		churn:   rapid.SampledFrom([]float64{0.1, 0.4, 0.7, 0.85}).Draw(t, "churn"),
	}
	if rapid.IntRange(0, 19).Draw(t, "kind") == 0 {
		// Far more people of one time than a page holds: what a sweep shows of
		// them is left to chance, and some it misses.
		s.users = rapid.IntRange(700, 1200).Draw(t, "users at one time")
		s.crowd = s.users
	}
	for range rapid.IntRange(1, 3).Draw(t, "runs") {
		s.modes = append(s.modes, rapid.SampledFrom([]string{usersync.ModeFull, usersync.ModeFull, usersync.ModeIncremental, usersync.ModeAuto}).Draw(t, "mode"))
		s.pauses = append(s.pauses, rapid.SampledFrom([]time.Duration{0, 20 * time.Minute, 25 * time.Hour}).Draw(t, "pause"))
		s.events = append(s.events, rapid.IntRange(0, 20).Draw(t, "events"))
	}
	return s
}

// A play is a schedule being gone through.
type play struct {
	*town

	plan schedule
	home home
	// disguise may stand between the engine and the source; nil does not.
	disguise func(usersync.Follower) usersync.Follower
	last     usersync.Report // of the last run
}

// go through a schedule, and say what it led to that may not be.
func (s schedule) play(ctx context.Context, home home, disguise func(usersync.Follower) usersync.Follower) (p *play, err error) {
	p = &play{plan: s, home: home, disguise: disguise}
	if p.town, err = newTown(s); err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, home.leave(ctx)) }()
	if _, err := p.run(ctx, usersync.ModeFull); err != nil {
		return p, err
	}
	for i, mode := range s.modes {
		p.pass(s.pauses[i])
		p.day(s.events[i])
		if err := p.hostile(ctx, mode); err != nil {
			return p, err
		}
	}
	return p, p.peace(ctx)
}

// run copies the town to its mirror, and again with approval where that is
// refused: many may lose a value at once, by being anonymised.
func (p *play) run(ctx context.Context, mode string) (*usersync.Report, error) {
	report, err := p.runOnce(ctx, mode, "")
	var refused *usersync.RefusedError
	if errors.As(err, &refused) {
		report, err = p.runOnce(ctx, mode, report.RunID)
	}
	if errors.As(err, &refused) && p.trouble() > 0 {
		return report, nil // more of them have by now
	}
	return report, err
}

// runOnce is a run as by a process of its own.
func (p *play) runOnce(ctx context.Context, mode, approve string) (report *usersync.Report, err error) {
	from, err := p.source(p.plan.workers)
	if err != nil {
		return nil, err
	}
	var follower usersync.Follower = from
	if p.disguise != nil {
		follower = p.disguise(from)
	}
	mirror, err := p.home.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, mirror.Close()) }()
	report, err = usersync.Run(ctx, usersync.Config{
		Source: follower, Mirror: mirror, Fields: townFields(),
		Mode: usersync.ModeConfig{Wanted: mode, FullEvery: 20 * time.Hour},
		Policy: usersync.Policy{
			MaxDelete: usersync.Percent(100), MaxChange: usersync.Percent(100), AllowEmpty: true, Approve: approve,
		},
		RunID: usersync.NewRunID(p.now()), Version: "soak", Now: p.now, Logger: quiet(),
	})
	if report != nil {
		p.last = *report
	}
	return report, err
}

// hostile is a run while things happen.
func (p *play) hostile(ctx context.Context, mode string) error {
	before, err := p.home.read(ctx)
	if err != nil {
		return err
	}
	p.setChurn(p.plan.churn)
	_, err = p.run(ctx, mode)
	p.setChurn(0)
	if err != nil {
		return err
	}
	after, err := p.home.read(ctx)
	if err != nil {
		return err
	}
	for id := range before {
		if _, exists := p.Project().Get(id.String()); exists && after[id] == nil {
			return fmt.Errorf("%w: %s, in a %s run that is complete: %v", errDeleted, id, p.last.Mode, p.complete())
		}
	}
	return nil
}

// complete says whether the last run was a sweep that calls itself complete.
func (p *play) complete() bool { return p.last.Census != nil && p.last.Census.Complete }

// peace is a run when nothing happens any more, and another one.
func (p *play) peace(ctx context.Context) error {
	if _, err := p.run(ctx, usersync.ModeFull); err != nil {
		return err
	}
	if p.crowd() < crowdLimit {
		if err := p.compare(ctx); err != nil {
			return err
		}
	}
	before, err := p.home.trace(ctx)
	if err != nil {
		return err
	}
	report, err := p.run(ctx, usersync.ModeFull)
	if err != nil {
		return err
	}
	after, err := p.home.trace(ctx)
	if err != nil {
		return err
	}
	if p.crowd() < crowdLimit && (report.Changes.Any() || before != after) {
		return fmt.Errorf("%w: %+v", errRestless, report.Changes)
	}
	return nil
}

// compare compares the mirror with the project's own store.
func (p *play) compare(ctx context.Context) error {
	mirrored, err := p.home.read(ctx)
	if err != nil {
		return err
	}
	people := p.people()
	if len(people) != len(mirrored) {
		return fmt.Errorf("%w: %d users of %d", errUnequal, len(mirrored), len(people))
	}
	for i := range people {
		id, err := usersync.ParseID(people[i].ID)
		if err != nil {
			return err
		}
		if mirrored[id] == nil {
			return fmt.Errorf("%w: %s is missing", errUnequal, id)
		}
		if field := differing(&people[i], mirrored[id]); field != "" {
			return fmt.Errorf("%w: %s of %s", errUnequal, field, id)
		}
	}
	return nil
}

// differing names a field in which a user is not mirrored as it is; "" if none.
func differing(u *emulator.User, mirrored *usersync.User) string {
	roles := slices.Sorted(slices.Values(u.Roles))
	custom := make(map[string]any)
	for key, value := range u.CustomAttributes {
		custom[key] = fmt.Sprint(value)
	}
	want := map[string]any{
		"created_at": u.CreatedAt, "email": u.StandardAttributes["email"], "name": u.StandardAttributes["name"],
		"roles": roles, "disabled": u.Disabled, "is_anonymized": u.Anonymized, "custom_attributes": custom,
	}
	for f := range townFields().All() {
		got := mirrored.Get(f)
		switch value := got.(type) {
		case []string:
			got = slices.Sorted(slices.Values(value))
		case map[string]any:
			texts := make(map[string]any)
			for key, value := range value {
				texts[key] = fmt.Sprint(value)
			}
			got = texts
		case time.Time:
			got = value.UTC()
		}
		if empty(got) && empty(want[f.Name]) {
			continue
		}
		if !reflect.DeepEqual(got, want[f.Name]) {
			return f.Name
		}
	}
	return ""
}

func empty(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	default:
		return false
	}
}

// Whatever happens between any two requests: nobody who exists is deleted, once
// nothing happens one run makes the mirror equal, and the next writes nothing.
func TestSchedulesIntoCSV(t *testing.T) {
	t.Parallel()
	checkSchedules(t, newCSVHome(t))
}

func TestSchedulesIntoPostgres(t *testing.T) {
	t.Parallel()
	checkSchedules(t, newPostgresHome(t))
}

func checkSchedules(t *testing.T, newHome func() home) {
	t.Helper()
	var complete, all atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		p, err := drawSchedule(rt).play(t.Context(), newHome(), nil)
		if err != nil {
			rt.Fatal(err)
		}
		all.Add(1)
		if p.complete() {
			complete.Add(1)
		}
	})
	t.Logf("%d schedules, %d of which ended in a complete sweep", all.Load(), complete.Load())
}
