package source_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"usersync/adminapi/emulator"
	usersync "usersync/sync"
)

// After any day an incremental run leaves nothing for a full one to find but
// what the audit log does not hold: the doings of the User Import API.
func TestIncrementalRunsMissOnlyImports(t *testing.T) {
	t.Parallel()
	runs := make(map[string]int)
	settled := 0
	rapid.Check(t, func(rt *rapid.T) {
		at := newTown(t, rapid.IntRange(1, 250).Draw(rt, "users"))
		days := &days{town: at, rapid: rt}
		days.swept = *at.run(t, at.mirror, usersync.ModeFull, nil).Watermark
		for range rapid.IntRange(1, 4).Draw(rt, "days") {
			days.pass()
			since := at.mirror.reports[len(at.mirror.reports)-1].Watermark.Add(-10 * time.Minute)
			report := at.run(t, at.mirror, usersync.ModeIncremental, nil)
			runs[report.Mode]++
			row := days.wide.Truncate(time.Second)
			inLog := !row.Before(since.Truncate(time.Second))
			wide := inLog && !row.Before(days.swept.Add(-5*time.Minute))
			if inLog && !wide {
				settled++
			}
			if wide && report.Mode != usersync.ModeFull || !wide && strings.Contains(at.log.String(), "which may concern anybody") {
				rt.Fatalf("a %s run, though it is %v that a day concerned anybody\n%s", report.Mode, wide, &at.log)
			}
			// What is left of this day is found on another mirror, so that the
			// incremental runs go on from each other.
			full := &notebook{users: maps.Clone(at.mirror.users), held: at.mirror.held}
			at.run(t, full, usersync.ModeFull, func(c usersync.Change) {
				if !days.imported[c.ID.String()] {
					var names []string
					for _, f := range c.Fields {
						names = append(names, fmt.Sprint(f.Name, c.Before.Get(f), c.After.Get(f)))
					}
					rt.Fatalf("%s of %s was missed: %v", c.Op, c.ID, names)
				}
			})
			if report.Mode == usersync.ModeFull {
				clear(days.imported)
				days.swept = *report.Watermark
			}
		}
	})
	t.Logf("runs: %v; %d times everybody had been read since all were concerned", runs, settled)
	if runs[usersync.ModeIncremental] < runs[usersync.ModeFull] {
		t.Error("fewer than half of the runs were incremental, so this shows little")
	}
}

// days happen to a town.
type days struct {
	*town

	rapid    *rapid.T
	count    int
	wide     time.Time       // when something concerned more users than the log names
	swept    time.Time       // when everybody was read
	imported map[string]bool // who was changed without a row
}

func (d *days) pass() {
	d.count++
	if d.imported == nil {
		d.imported = make(map[string]bool)
	}
	// Some days are over in seconds; a pause longer than the overlap between runs
	// comes before and after. In short evenings, what happened last is old enough
	// to be settled by the next run and young enough to be read by the one after.
	pause := rapid.SampledFrom([]time.Duration{0, 300 * time.Millisecond, time.Minute, time.Hour}).Draw(d.rapid, "pause")
	d.now = d.now.Add(15 * time.Minute)
	for n := range rapid.IntRange(0, 40).Draw(d.rapid, "events") {
		d.now = d.now.Add(pause)
		ids := d.ids()
		if len(ids) == 0 {
			break
		}
		id := ids[rapid.IntRange(0, len(ids)-1).Draw(d.rapid, "user")]
		d.event(id, d.count*1000+n)
	}
	d.now = d.now.Add(rapid.SampledFrom([]time.Duration{3 * time.Minute, 0, time.Second, 8 * time.Minute, time.Hour, 30 * time.Hour}).Draw(d.rapid, "evening"))
}

// event does one thing, which fails where it cannot be done to that user.
func (d *days) event(id string, n int) {
	p := d.Project()
	kind := rapid.IntRange(0, 99).Draw(d.rapid, "event")
	switch {
	case kind < 70:
		_ = d.change(id, kind)
	case kind < 75:
		_ = p.SetDisabled(id, kind%2 == 0, "")
	case kind < 80:
		_ = p.DisableTemporarily(id, "", d.now.Add(time.Duration(kind%3)*time.Hour), d.now.Add(20*time.Hour))
	case kind < 83:
		_ = p.ScheduleDeletion(id, "")
	case kind < 85:
		_ = p.Anonymize(id)
	case kind < 92: // what the User Import API does
		if p.Unaudited().Update(id, func(u *emulator.User) { u.StandardAttributes["nickname"] = fmt.Sprint("Imported ", n) }) == nil {
			d.imported[id] = true
		}
	case kind < 94:
		// Whoever is imported is new, and so found among the newcomers.
		_, _ = p.Unaudited().Create(emulator.User{Identities: []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("imported%d@example.org", n))}})
	case kind < 97:
		if d.widely(id, kind) == nil {
			d.wide = d.now
		}
	case kind == 97:
		_, err := emulator.Day(p, uint64(n))
		if err != nil {
			d.rapid.Fatal(err)
		}
	default:
		_ = p.SetValidPeriod(id, nil, new(d.now.Add(5*time.Hour)))
	}
}

// widely does something that the audit log tells of, and not of whom.
func (d *days) widely(id string, kind int) error {
	p := d.Project()
	switch kind {
	case 94:
		if p.RenameRole("viewer", "reader") == nil {
			return nil
		}
		return p.RenameRole("reader", "viewer")
	case 95:
		return p.DeleteGroup("sales")
	default:
		return p.SetVerified(id, emulator.Claim{Name: "email", Value: "ann@example.com"}, true)
	}
}
