package usersync_test

import (
	"fmt"
	"strings"
	"testing"

	usersync "usersync/sync"
)

// whole is a user with everything that a torn one lacks.
func whole(t *testing.T, n int) *usersync.User {
	t.Helper()
	return person(t, n, `,"roles":["a"],"identities":[{"type":"login_id"}]`)
}

func TestTornUsersAreAskedForOnceMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		torn  string // of user 3 as the sweep has it
		alive bool
		stale bool // the mirror is to be written anew
		want  usersync.Counts
	}{
		"everything is missing, and the user is gone":   {``, false, false, usersync.Counts{Deleted: 1, Unchanged: 49}},
		"the last part is missing, and so is the user":  {`,"identities":[{"type":"login_id"}]`, false, false, usersync.Counts{Deleted: 1, Unchanged: 49}},
		"the user is there and whole":                   {``, true, false, usersync.Counts{Unchanged: 50}},
		"the user is there and whole, and written anew": {``, true, true, usersync.Counts{Unchanged: 50, Rewritten: 50}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := newProject(), newMemory()
			for n := range 50 {
				p.put(whole(t, n))
			}
			mustRun(t, config(p, m))
			m.log, m.stale = nil, c.stale
			torn := person(t, 3, c.torn)
			p.put(torn)
			p.lookup = func(ids []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
				for i, id := range ids {
					if id == torn.ID {
						answers[i] = map[bool]*usersync.User{true: whole(t, 3)}[c.alive]
					}
				}
				return answers, nil
			}
			report := mustRun(t, config(p, m))
			if report.Changes != c.want || len(m.log) != report.Changes.Deleted+report.Changes.Rewritten {
				t.Errorf("got %+v, want %+v; %d changes published", report.Changes, c.want, len(m.log))
			}
		})
	}
}

func TestUsersWhoReallyLoseTheirRolesAreUpdated(t *testing.T) {
	t.Parallel()
	p, m := newProject(), newMemory()
	p.put(whole(t, 1))
	mustRun(t, config(p, m))
	p.put(person(t, 1, `,"identities":[{"type":"login_id"}]`))
	p.put(person(t, 2, "")) // imported without an identity
	if report := mustRun(t, config(p, m)); report.Changes != (usersync.Counts{Created: 1, Updated: 1}) {
		t.Errorf("%+v", report.Changes)
	}
}

func TestTornNewcomerIsNotCreated(t *testing.T) {
	t.Parallel()
	p, m := newProject(), newMemory()
	p.put(whole(t, 1))
	p.put(person(t, 2, ""))
	p.lookup = func([]usersync.ID, []*usersync.User) ([]*usersync.User, error) { return []*usersync.User{nil}, nil }
	if report := mustRun(t, config(p, m)); report.Changes != (usersync.Counts{Created: 1}) || report.Source.Users != 1 {
		t.Errorf("%+v, %d users", report.Changes, report.Source.Users)
	}
}

// A project may be so small that the torn one was to be a control.
func TestTornInASmallProject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users  int
		silent bool // whether asking by id finds nobody
		want   usersync.Counts
	}{
		"one of two is gone":      {2, false, usersync.Counts{Deleted: 1, Unchanged: 1}},
		"one of three is gone":    {3, false, usersync.Counts{Deleted: 1, Unchanged: 2}},
		"two, and nobody answers": {2, true, usersync.Counts{Undecided: 1, Unchanged: 1}},
		// Nobody is left who could vouch for the one who was read a moment ago.
		"the only one is gone": {1, false, usersync.Counts{Undecided: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := newProject(), newMemory()
			for n := range c.users {
				p.put(whole(t, n))
			}
			mustRun(t, config(p, m))
			torn := person(t, 0, "")
			p.put(torn)
			p.lookup = func(ids []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
				for i, id := range ids {
					if id == torn.ID || c.silent {
						answers[i] = nil
					}
				}
				return answers, nil
			}
			if report := mustRun(t, config(p, m)); report.Changes != c.want {
				t.Errorf("got %+v, want %+v", report.Changes, c.want)
			}
		})
	}
}

// Those who are deleted in bulk are often neighbours, and the last ones read.
func TestControlsAreSpreadOverTheSweep(t *testing.T) {
	t.Parallel()
	p, m := town(t, 2000)
	p.remove(person(t, 7, "").ID)
	batches, failed := 0, 0
	p.lookup = func(ids []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
		batches++
		for i, id := range ids {
			if id.String()[31:] >= "01500" { // the last 500 are gone by now
				answers[i] = nil
				failed++
			}
		}
		return answers, nil
	}
	if report := mustRun(t, config(p, m)); report.Changes.Deleted != 1 || report.Changes.Undecided != 0 {
		t.Errorf("%+v after %d batches, %d dead controls", report.Changes, batches, failed)
	}
}

func TestDroppedFieldsAreTold(t *testing.T) {
	t.Parallel()
	p, m := newProject(), newMemory()
	for n := range 30 {
		p.put(person(t, n, fmt.Sprintf(`,"locale":"en","custom_attributes":{"n":%d}`, n)))
	}
	mustRun(t, config(p, m))
	without, err := usersync.ParseFields([]string{"-locale"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(p, m)
	cfg.Policy, cfg.Fields, cfg.DryRun = strict(), without, true
	if report := mustRun(t, cfg); fmt.Sprint(report.FieldsDropped, report.FieldsAdded) != "[locale] []" || report.Changes != (usersync.Counts{Unchanged: 30, Rewritten: 30}) {
		t.Errorf("%v %v, %+v", report.FieldsDropped, report.FieldsAdded, report.Changes)
	}
	if cfg.Fields, err = usersync.ParseFields([]string{"locale", "name"}); err != nil {
		t.Fatal(err)
	}
	cfg.DryRun = false
	refused := refusedBy(t, cfg, "dropping email")
	if !strings.Contains(refused.Reason, "the 30 users who have it") || len(m.reports[len(m.reports)-1].Refused) != 0 {
		t.Error(refused)
	}
	cfg.Policy.Approve = cfg.RunID
	cfg.RunID = "again"
	mustRun(t, cfg)
}

// Someone who is deleted while asked for by id can come out torn as well. Whatever
// comes of that, nobody may be left out of a mirror that is written anew.
func TestTornWhenAskedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vouched bool // whether others are found when asked for the third time
		torn    int  // how often the user comes out torn, of every second time
		mode    string
		want    usersync.Counts
	}{
		"and gone":                    {true, 1, usersync.ModeFull, usersync.Counts{Deleted: 1, Unchanged: 49, Rewritten: 49}},
		"and nobody can vouch":        {false, 1, usersync.ModeFull, usersync.Counts{Undecided: 1, Unchanged: 49, Rewritten: 50}},
		"and gone, by the audit log":  {true, 1, usersync.ModeIncremental, usersync.Counts{Deleted: 1, Unchanged: 49}},
		"… and nobody can vouch here": {false, 1, usersync.ModeIncremental, usersync.Counts{Undecided: 1, Unchanged: 49}},
		"time and again":              {true, 9, usersync.ModeFull, usersync.Counts{Undecided: 1, Unchanged: 49, Rewritten: 50}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := newProject(), newMemory()
			for n := range 50 {
				p.put(whole(t, n))
			}
			mustRun(t, config(p, m))
			torn := person(t, 3, "")
			p.skip[torn.ID] = true
			p.hints, p.newcomers = usersync.Hints{IDs: []usersync.ID{torn.ID}, Watermark: now()}, 10
			m.log, m.stale = nil, c.mode == usersync.ModeFull
			asked := 0
			p.lookup = func(ids []usersync.ID, answers []*usersync.User) ([]*usersync.User, error) {
				asked++
				for i, id := range ids {
					switch {
					case id == torn.ID && asked%2 == 1 && asked/2 < c.torn:
						answers[i] = torn
					case id == torn.ID, asked > 2 && !c.vouched:
						answers[i] = nil
					}
				}
				return answers, nil
			}
			cfg := config(p, m)
			cfg.Mode.Wanted = c.mode
			report := mustRun(t, cfg)
			if report.Mode != c.mode || report.Changes != c.want || len(m.log) != report.Changes.Deleted+report.Changes.Rewritten {
				t.Errorf("%s: got %+v, want %+v; %d written", report.Mode, report.Changes, c.want, len(m.log))
			}
			if (report.Watermark == nil) != (c.want.Undecided > 0) {
				t.Errorf("watermark %v", report.Watermark)
			}
		})
	}
}
