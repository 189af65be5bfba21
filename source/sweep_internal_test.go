package source

import (
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

func discardLogs() *slog.Logger { return slog.New(slog.DiscardHandler) }

// checkSchedules checks a property 2,000 times, or what -rapid.checks says,
// twenty times over.
func checkSchedules(t *testing.T, property func(*testing.T, *rapid.T)) {
	t.Helper()
	t.Run("schedules", func(t *testing.T) {
		for i := range 20 {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) { property(t, rt) })
			})
		}
	})
}

// A schedule is a project that changes while it is read, and how it is read.
type schedule struct {
	project *hostileProject
	users   int // at first
	workers int
}

func drawSchedule(t *rapid.T) schedule {
	users := rapid.IntRange(0, 400).Draw(t, "users")
	crowd := rapid.SampledFrom([]int{0, 0, 1, 4, 12}).Draw(t, "users at a moment")
	p := &hostileProject{
		seed:       rapid.Uint64().Draw(t, "seed"),
		size:       rapid.IntRange(10, 20).Draw(t, "page size"),
		moments:    1_000_000,
		calm:       rapid.IntRange(0, 120).Draw(t, "requests until calm"),
		churn:      rapid.SampledFrom([]float64{0.02, 0.1, 0.4}).Draw(t, "churn"),
		holes:      rapid.SampledFrom([]float64{0, 0, 0.001, 0.02}).Draw(t, "holes"),
		nullEdges:  rapid.Bool().Draw(t, "null edges"),
		late:       rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "late commits"),
		positional: rapid.IntRange(0, 9).Draw(t, "cursors") > 0,
	}
	if crowd > 0 {
		p.moments = users/crowd + 1
	}
	if p.nullEdges { // without edges, those at the very end could not be noticed
		p.lies = rapid.SampledFrom([]float64{0, 0.002}).Draw(t, "lies")
	}
	return schedule{p, users, rapid.IntRange(1, 8).Draw(t, "workers")}
}

func (s schedule) sweep(t *testing.T) outcome {
	t.Helper()
	return sweepProject(t, s.project, s.users, func(sweep *sweep) { sweep.workers = s.workers })
}

// The promise: whoever existed from the first request to the last was yielded by
// every sweep that calls itself complete. And every sweep ends within its budget.
func TestCompleteSweepsMissNobody(t *testing.T) {
	t.Parallel()
	var schedules, complete atomic.Int64
	checkSchedules(t, func(t *testing.T, rt *rapid.T) { //nolint:thelper // the body of the test
		s := drawSchedule(rt)
		p, got := s.project, s.sweep(t)
		schedules.Add(1)
		if got.Complete {
			complete.Add(1)
		}
		switch {
		case got.err != nil:
			rt.Fatal(got.err)
		case got.Complete != (len(got.Gaps) == 0):
			rt.Fatalf("complete is %v with gaps %v", got.Complete, got.Gaps)
		case got.Complete && len(got.missed) > 0:
			rt.Fatalf("a complete sweep missed %v", got.missed)
		case p.requests > got.budget, got.Rounds > gapRounds:
			rt.Fatalf("%d requests in %d rounds, with a budget of %d", p.requests, got.Rounds, got.budget)
		case p.requests != got.Pages:
			rt.Fatalf("%d requests counted as %d", p.requests, got.Pages)
		}
	})
	t.Logf("%d of %d sweeps were complete", complete.Load(), schedules.Load())
	if complete.Load() < schedules.Load()/2 {
		t.Error("fewer than half of the sweeps were complete, so this shows little")
	}
}

// Without changes a sweep is complete as long as those created at the same time
// fit on a page between two others.
func TestQuietSweepsAreComplete(t *testing.T) {
	t.Parallel()
	checkSchedules(t, func(t *testing.T, rt *rapid.T) { //nolint:thelper // the body of the test
		s := drawSchedule(rt)
		p := s.project
		p.calm, p.lies, p.positional = 0, 0, true
		got, crowd := s.sweep(t), p.crowd()
		switch {
		case got.err != nil:
			rt.Fatal(got.err)
		case crowd <= p.size-2 && !got.Complete:
			rt.Fatalf("incomplete with %d users at one moment: %+v", crowd, got.Census)
		case crowd < p.size && len(got.missed) > 0:
			rt.Fatalf("missed %v with %d users at one moment", got.missed, crowd)
		case crowd == 1 && got.Rounds > 0:
			rt.Fatalf("%d rounds for nothing: %+v", got.Rounds, got.Census)
		case crowd < p.size && got.HeadFinds > 0:
			rt.Fatalf("%d finds in the head pass, though nobody came: %+v", got.HeadFinds, got.Census)
		case got.TotalStart != s.users, got.TotalEnd != s.users, got.NullNodes != 0:
			rt.Fatalf("of %d users: %+v", s.users, got.Census)
		}
	})
}
