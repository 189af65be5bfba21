package importreport_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"usersync/sink/importreport"
	"usersync/sync/userimport"
)

func TestLogGivesBackWhatItWasGiven(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	want := userimport.Result{
		Row: 7, Outcome: userimport.Updated, User: someone(t), Reason: "a reason\nwith lines",
		Details: []string{"one"}, Notes: []string{"two"}, Job: "userimport_X", Index: 3, ReadBack: true,
	}
	put(t, log, want)
	got, known, err := log.Get(7)
	if err != nil || !known || cmp.Diff(want, got) != "" {
		t.Errorf("%v %v\n%s", known, err, cmp.Diff(want, got))
	}
	for _, row := range []int{-1, 0, 1, 6, 8} {
		if got, known, err := log.Get(row); err != nil || known {
			t.Errorf("row %d: %+v, %v", row, got, err)
		}
		if outcome := log.Outcome(row); outcome != "" {
			t.Errorf("row %d is %s", row, outcome)
		}
	}
	if log.Outcome(7) != userimport.Updated || log.Count(userimport.Updated) != 1 || log.Count(userimport.Created) != 0 {
		t.Error("it is counted wrongly")
	}
}

// TestLogTakesEachRowOnce, whatever the second result is, and keeps the first.
func TestLogTakesEachRowOnce(t *testing.T) {
	t.Parallel()
	log := filled(t, userimport.Skipped)
	for _, outcome := range []userimport.Outcome{userimport.Skipped, userimport.Failed} {
		err := log.Put(userimport.Result{Row: 1, Outcome: outcome})
		if err == nil || !strings.Contains(err.Error(), "row 1 came to two ends, first skipped and then "+string(outcome)) {
			t.Errorf("%v", err)
		}
	}
	if log.Count(userimport.Failed) != 0 || log.Count(userimport.Skipped) != 1 || log.Outcome(1) != userimport.Skipped {
		t.Error("the second result left something behind")
	}
}

func TestLogRefusesWhatIsNoResult(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	for _, result := range []userimport.Result{
		{Row: 0, Outcome: userimport.Skipped}, {Row: -1, Outcome: userimport.Skipped}, {Row: 1}, {Row: 1, Outcome: "sent"},
	} {
		if err := log.Put(result); err == nil {
			t.Errorf("%+v was taken", result)
		}
	}
	if err := log.Check(0); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	skipped := userimport.Result{Outcome: userimport.Skipped}
	created := userimport.Result{Outcome: userimport.Created, Job: "userimport_X"}
	tests := []struct {
		name    string
		rows    int
		results map[int]userimport.Result
		want    string // of the error; none where all is well
	}{
		{"nothing", 0, nil, ""},
		{"all", 2, map[int]userimport.Result{1: skipped, 2: created}, ""},
		{"read back", 1, map[int]userimport.Result{1: {Outcome: userimport.Updated, ReadBack: true}}, ""},
		{"lost in the middle", 3, map[int]userimport.Result{1: skipped, 3: skipped}, "1 of 3 rows have no result, among them [2]"},
		{"lost at the end", 3, map[int]userimport.Result{1: skipped}, "2 of 3 rows have no result, among them [2 3]"},
		{"many lost", 10, nil, "10 of 10 rows have no result, among them [1 2 3 4 5];"},
		{"one lost and one too many", 2, map[int]userimport.Result{1: skipped, 3: skipped}, "1 of 2 rows have no result, among them [2]"},
		{"too many", 1, map[int]userimport.Result{1: skipped, 2: skipped}, "results of 2 rows, and the table has 1"},
		{"created without evidence", 2, map[int]userimport.Result{1: skipped, 2: {Outcome: userimport.Created}}, "without evidence, among them [2]"},
		{"updated without evidence", 1, map[int]userimport.Result{1: {Outcome: userimport.Updated}}, "without evidence, among them [1]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			log := newLog(t)
			for row, result := range test.results {
				result.Row = row
				put(t, log, result)
			}
			err := log.Check(test.rows)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestLogFromManySides: results come from several goroutines in any order, and
// each is there afterwards. The race detector looks on.
func TestLogFromManySides(t *testing.T) {
	t.Parallel()
	const sides, each = 8, 250
	log := newLog(t)
	var group errgroup.Group
	for side := range sides {
		group.Go(func() error {
			for i := range each {
				row := (each-i-1)*sides + side + 1
				if err := log.Put(userimport.Result{Row: row, Outcome: userimport.Outcomes()[row%4], Reason: strings.Repeat("x", row%50), ReadBack: true}); err != nil {
					return err
				}
				if _, _, err := log.Get(row / 2); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := log.Check(sides * each); err != nil {
		t.Fatal(err)
	}
	for row := 1; row <= sides*each; row++ {
		got, known, err := log.Get(row)
		if err != nil || !known || got.Row != row || len(got.Reason) != row%50 || got.Outcome != log.Outcome(row) {
			t.Fatalf("row %d: %+v, %v, %v", row, got, known, err)
		}
	}
}

// TestLogIsAModelOfAMap for any results in any order.
func TestLogIsAModelOfAMap(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		log, err := importreport.NewLog(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = log.Close() }()
		model := make(map[int]userimport.Result)
		for range rapid.IntRange(0, 60).Draw(t, "results") {
			result := userimport.Result{
				Row:     rapid.IntRange(1, 40).Draw(t, "row"),
				Outcome: rapid.SampledFrom(userimport.Outcomes()).Draw(t, "outcome"),
				Reason:  rapid.String().Draw(t, "reason"), ReadBack: true,
			}
			_, twice := model[result.Row]
			if err := log.Put(result); (err != nil) != twice {
				t.Fatalf("%+v, for the second time %t: %v", result, twice, err)
			}
			if !twice {
				model[result.Row] = result
			}
		}
		whole := true
		for row := 1; row <= 40; row++ {
			got, known, err := log.Get(row)
			want, wanted := model[row]
			if err != nil || known != wanted || cmp.Diff(want, got) != "" {
				t.Fatalf("row %d: %t, %v, %s", row, known, err, cmp.Diff(want, got))
			}
			whole = whole && wanted
		}
		if err := log.Check(40); (err == nil) != whole {
			t.Fatalf("all rows have results %t: %v", whole, err)
		}
	})
}

// TestLogLeavesNothingBehind, even where the program does not come to close it.
func TestLogLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	log, err := importreport.NewLog(folder)
	if err != nil {
		t.Fatal(err)
	}
	put(t, log, userimport.Result{Row: 1, Outcome: userimport.Rejected, Reason: "of a person"})
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 0 {
		t.Errorf("while it is open: %v, %v", entries, err)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if _, err := importreport.NewLog(folder + "/nowhere"); err == nil {
		t.Error("there is no such folder")
	}
}
