package source_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	usersync "usersync/sync"
)

// A proxy answers in the server's place and dates answers by a clock of its own.
type proxy struct {
	server http.RoundTripper
	ahead  time.Duration
}

func (p proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := p.server.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return nil, fmt.Errorf("read the date of an answer: %w", err)
	}
	answer.Header.Set("Date", date.Add(p.ahead).Format(http.TimeFormat))
	return answer, nil
}

// Whoever dates answers may have another clock than whoever dates the rows of the
// audit log, and clocks are put back: what happens just before or after a sweep is
// found by the next run, and soon runs need to read nobody but those who are named.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	type clocks struct{ ahead, back, after time.Duration }
	var cases []clocks
	for ahead := -4 * time.Minute; ahead <= 4*time.Minute; ahead += 2 * time.Minute {
		for _, after := range []time.Duration{-10 * time.Second, 30 * time.Second, 3 * time.Minute} {
			cases = append(cases, clocks{ahead: ahead, after: after})
		}
	}
	for ahead := -3 * time.Minute; ahead <= 3*time.Minute; ahead += 3 * time.Minute {
		cases = append(cases, clocks{ahead, 90 * time.Second, time.Second}, clocks{ahead, 90 * time.Second, time.Minute})
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("answers %v ahead, clock put back by %v, then %v", c.ahead, c.back, c.after), func(t *testing.T) {
			t.Parallel()
			at := newTown(t, 130) // more than a page, as whoever is on the first is read by each run
			at.client.Base = proxy{at.client.Base, c.ahead}
			at.run(t, at.mirror, usersync.ModeAuto, nil)
			at.now = at.now.Add(time.Hour)
			happen := func() {
				if err := at.Project().RenameRole("editor", "writer"); err != nil {
					t.Fatal(err)
				}
				if err := at.change(at.ids()[120], 7); err != nil {
					t.Fatal(err)
				}
			}
			if c.after < 0 {
				happen()
			}
			at.now = at.now.Add(max(0, -c.after))
			at.run(t, at.mirror, usersync.ModeFull, nil)
			at.now = at.now.Add(max(0, c.after) - c.back)
			if c.after > 0 {
				happen()
			}
			at.now = at.now.Add(c.back) // later runs cannot tell that the clock was put back
			at.run(t, at.mirror, usersync.ModeAuto, nil)
			expectEqual(t, at.mirror, at.fresh(t))
			for n := range 2 { // the first reads once more what happened, and may be full for it
				at.now = at.now.Add(20 * time.Minute)
				if report := at.run(t, at.mirror, usersync.ModeAuto, nil); n > 0 && report.Mode != usersync.ModeIncremental {
					t.Errorf("40 minutes later the run is %s\n%s", report.Mode, &at.log)
				}
			}
		})
	}
}
