package usersync_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	usersync "usersync/sync"
)

var errBroken = errors.New("it broke")

// project is a source in memory. Who is in skip is passed over by the sweep, as
// an offset list passes over live users.
type project struct {
	users     map[usersync.ID]*usersync.User
	order     []usersync.ID
	skip      map[usersync.ID]bool
	repeat    int // how many users of the sweep's start come again at its end
	failAfter int // users after which the sweep breaks; 0: never
	lookup    func(ids []usersync.ID, answers []*usersync.User) ([]*usersync.User, error)
	lookups   int
	project   usersync.Project
	gaps      []usersync.Gap // of the sweep
	hints     usersync.Hints
	asked     time.Time // since when hints were wanted
	swept     time.Time // … and when everybody had been read
	newcomers int       // users at the end of the order that are shown as new
	uncounted int       // by how many the count of users is off when only these are read
}

func newProject() *project {
	return &project{users: make(map[usersync.ID]*usersync.User), skip: make(map[usersync.ID]bool)}
}

func (p *project) put(u *usersync.User) {
	if p.users[u.ID] == nil {
		p.order = append(p.order, u.ID)
	}
	p.users[u.ID] = u
}

func (p *project) remove(id usersync.ID) {
	delete(p.users, id)
	p.order = slices.DeleteFunc(p.order, func(other usersync.ID) bool { return other == id })
}

func (p *project) Users(ctx context.Context, _ usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	census.TotalStart, census.TotalEnd = len(p.order), len(p.order)
	census.Began, census.Complete, census.Gaps = now(), len(p.gaps) == 0, p.gaps
	return func(yield func(*usersync.User, error) bool) {
		order := slices.DeleteFunc(slices.Clone(p.order), func(id usersync.ID) bool { return p.skip[id] })
		order = append(order, order[:min(p.repeat, len(order))]...)
		for i, id := range order {
			switch {
			case ctx.Err() != nil:
				yield(nil, ctx.Err())
				return
			case p.failAfter > 0 && i >= p.failAfter:
				yield(nil, errBroken)
				return
			case !yield(p.users[id], nil):
				return
			}
		}
	}
}

func (p *project) Lookup(_ context.Context, ids []usersync.ID, _ usersync.FieldSet) ([]*usersync.User, error) {
	p.lookups++
	if len(ids) > usersync.LookupBatch {
		return nil, fmt.Errorf("asked for %d users at once", len(ids))
	}
	answers := make([]*usersync.User, len(ids))
	for i, id := range ids {
		answers[i] = p.users[id]
	}
	if p.lookup != nil {
		return p.lookup(ids, answers)
	}
	return answers, nil
}

func (p *project) Project() usersync.Project { return p.project }

func (p *project) Since(_ context.Context, since, swept time.Time) (usersync.Hints, error) {
	p.asked, p.swept = since, swept
	return p.hints, nil
}

func (p *project) Newcomers(_ context.Context, _ time.Time, _ usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	census.TotalStart, census.TotalEnd = -1, len(p.order)+p.uncounted
	return func(yield func(*usersync.User, error) bool) {
		for _, id := range p.order[max(0, len(p.order)-p.newcomers):] {
			if !yield(p.users[id], nil) {
				return
			}
		}
	}
}

func (p *project) Traffic() (int64, int64) { return int64(p.lookups), 0 }

// memory is a mirror in memory that keeps tombstones.
type memory struct {
	users     map[usersync.ID]*usersync.User
	gone      map[usersync.ID]bool
	fields    usersync.FieldSet
	published bool
	stale     bool
	log       []usersync.Change // published, refills too
	staged    []usersync.Change
	began     int
	reports   []usersync.Report // of Publish and Abandon
	fail      string            // the call that breaks
	project   usersync.Project
	due       []usersync.ID
	fullDue   string // why
	forgotten map[usersync.ID]bool
	beats     int
	// publishing, if set, is called when the mirror is told to publish.
	publishing func()
}

func newMemory() *memory {
	return &memory{users: make(map[usersync.ID]*usersync.User), gone: make(map[usersync.ID]bool)}
}

func (m *memory) broken(call string) error {
	if m.fail == call {
		return errBroken
	}
	return nil
}

func (m *memory) Begin(_ context.Context, start usersync.Start) error {
	m.began++
	m.staged = nil
	if !m.published {
		m.fields = start.Fields
	}
	return m.broken("begin")
}

func (m *memory) Holds(context.Context) (usersync.Held, error) {
	return usersync.Held{Fields: m.fields, Published: m.published, Stale: m.stale, Project: m.project, Due: m.fullDue}, m.broken("holds")
}

func (m *memory) Runs(context.Context) iter.Seq2[*usersync.Report, error] {
	return func(yield func(*usersync.Report, error) bool) {
		if err := m.broken("runs"); err != nil {
			yield(nil, err)
			return
		}
		for _, report := range slices.Backward(m.reports) {
			if !yield(&report, nil) {
				return
			}
		}
	}
}

func (m *memory) Refused(_ context.Context, runID string) ([]usersync.ID, bool, error) {
	for _, report := range m.reports {
		if report.RunID == runID && report.Status == usersync.StatusRefused {
			return report.Refused, true, nil
		}
	}
	return nil, false, nil
}

func (m *memory) Count(_ context.Context, f *usersync.Field, key string) (int, error) {
	count := 0
	for id, u := range m.users {
		if m.gone[id] || !u.Has(f) {
			continue
		}
		if object, isObject := u.Get(f).(map[string]any); !isObject || object[key] != nil {
			count++
		}
	}
	return count, m.broken("count")
}

func (m *memory) Due(context.Context, time.Time, time.Time) iter.Seq2[usersync.ID, error] {
	return func(yield func(usersync.ID, error) bool) {
		for _, id := range m.due {
			if !yield(id, nil) {
				return
			}
		}
	}
}

func (m *memory) Forgotten(context.Context) (func(usersync.ID) bool, error) {
	return func(id usersync.ID) bool { return m.forgotten[id] }, nil
}

func (m *memory) Beat(context.Context) error {
	m.beats++
	return m.broken("beat")
}

func (m *memory) Known(_ context.Context, fields usersync.FieldSet, _ bool) iter.Seq2[usersync.Known, error] {
	return func(yield func(usersync.Known, error) bool) {
		for id, u := range m.users {
			if !yield(usersync.Known{ID: id, Fingerprint: usersync.FingerprintOf(u, fields), Deleted: m.gone[id]}, nil) {
				return
			}
		}
		if err := m.broken("known"); err != nil {
			yield(usersync.Known{}, err)
		}
	}
}

func (m *memory) Load(_ context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		users[i] = m.users[id]
	}
	return users, m.broken("load")
}

func (m *memory) Stage(_ context.Context, changes []usersync.Change) error {
	m.staged = append(m.staged, changes...)
	return m.broken("stage")
}

func (m *memory) Publish(_ context.Context, report *usersync.Report) error {
	if m.publishing != nil {
		m.publishing()
	}
	if err := m.broken("publish"); err != nil {
		return err
	}
	for _, c := range m.staged {
		switch {
		case c.Op == usersync.Delete && c.Erase == usersync.EraseUser:
			delete(m.users, c.ID)
		case c.Op == usersync.Delete:
			m.gone[c.ID] = true
		default:
			m.users[c.ID] = c.After
			delete(m.gone, c.ID)
		}
	}
	m.log = append(m.log, m.staged...)
	m.staged, m.published, m.stale, m.project = nil, true, false, report.Project
	m.reports = append(m.reports, *report)
	return nil
}

func (m *memory) Abandon(_ context.Context, report *usersync.Report) error {
	m.staged = nil
	m.reports = append(m.reports, *report)
	return m.broken("abandon")
}

var (
	_ usersync.Follower = (*project)(nil)
	_ usersync.Mirror   = (*memory)(nil)
)

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func config(p *project, m *memory) usersync.Config {
	return usersync.Config{
		Source: p, Mirror: m, Fields: usersync.AllFields(),
		Policy: usersync.Policy{MaxDelete: usersync.Percent(100), MaxChange: usersync.Percent(100), AllowEmpty: true},
		RunID:  "run", Version: "test", Logger: slog.New(slog.DiscardHandler),
		Now: now,
	}
}
