package userimport_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"usersync/sync/userimport"
)

// Every login ID that stands in more than one row is found, with lines of the
// others, and no other.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	type entry struct {
		kind  userimport.Identifier
		value string
	}
	entries := rapid.Custom(func(t *rapid.T) entry {
		return entry{
			rapid.SampledFrom(userimport.Identifiers()).Draw(t, "kind"),
			strconv.Itoa(rapid.IntRange(0, 30).Draw(t, "value")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(entries, 0, 60).Draw(t, "rows")
		at := make(map[entry][]int)
		duplicates := userimport.NewDuplicates()
		for i, e := range rows {
			at[e] = append(at[e], i+2)
			duplicates.Add(e.kind, e.value)
		}
		repeated := 0
		for _, lines := range at {
			if len(lines) > 1 {
				repeated++
			}
		}
		if got := duplicates.Suspects(); got != repeated {
			t.Fatalf("%d suspects, not %d", got, repeated)
		}
		for i, e := range rows {
			duplicates.Note(e.kind, e.value, i+2)
		}
		for i, e := range rows {
			lines := at[e]
			var want []int
			for _, line := range lines[:min(len(lines), 10)] {
				if line != i+2 {
					want = append(want, line)
				}
			}
			others, more := duplicates.Others(e.kind, e.value, i+2)
			if diff := cmp.Diff(want, others); diff != "" || len(others)+more != len(lines)-1 {
				t.Fatalf("line %d of %v: %d more, %s", i+2, lines, more, diff)
			}
		}
	})
}

// Where two values are taken for one at first, none of them is a duplicate.
func TestSuspectsCanBeInnocent(t *testing.T) {
	t.Parallel()
	duplicates := userimport.NewDuplicates()
	duplicates.Add(userimport.Email, "a")
	duplicates.Add(userimport.Email, "a") // as if by another value with its hash
	if duplicates.Suspects() != 1 {
		t.Error("there is no suspect")
	}
	duplicates.Note(userimport.Email, "a", 2)
	if got, more := duplicates.Others(userimport.Email, "a", 2); got != nil || more != 0 {
		t.Errorf("the others of a are on %v, and %d more", got, more)
	}
}

// BenchmarkDuplicates takes in the login IDs of a million rows, of which one
// stands in two.
func BenchmarkDuplicates(b *testing.B) {
	const rows = 1_000_000
	for b.Loop() {
		duplicates := userimport.NewDuplicates()
		for row := range rows {
			for _, kind := range userimport.Identifiers() {
				duplicates.Add(kind, fmt.Sprintf("%s-%d", kind, row%(rows-1)))
			}
		}
		b.StopTimer()
		var memory runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&memory)
		b.ReportMetric(float64(memory.HeapAlloc)/(3*rows), "B/login-ID")
		b.StartTimer()
		if got := duplicates.Suspects(); got < 3 || got > 5 {
			b.Fatalf("%d suspects", got)
		}
	}
}
