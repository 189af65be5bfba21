package importer_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/sink/importer"
	"usersync/sync/userimport"
)

// second is a mishap of the second POST, which is the first after the small one.
func second(m mishap) func(int, post) mishap {
	return func(n int, _ post) mishap {
		if n == 2 {
			return m
		}
		return mishap{}
	}
}

// What becomes of records when a POST or its job goes wrong: everybody is there,
// once.
func TestSettle(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		mishap   mishap
		readBack bool // whether those of the POST are known by reading users
		posts    int
	}{
		"no answer, carried out":     {mishap{lose: true}, true, 2},
		"no answer, not carried out": {mishap{lose: true, undone: true}, false, 3},
		"stuck half done":            {mishap{stuck: 33}, false, 3},
		"stuck at once":              {mishap{stuck: 1}, false, 3},
		"forgotten, carried out":     {mishap{forget: true}, true, 2},
		"forgotten, not carried out": {mishap{forget: true, undone: true}, false, 3},
		"details are missing":        {mishap{short: 7}, false, 2},
	}
	for name, test := range tests {
		for _, update := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, upsert %v", name, update), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				items, outcome := creates(90), userimport.Created
				if update {
					items, outcome = b.updates(1, 90), userimport.Updated
				}
				b.mishap = second(test.mishap)
				all := b.mustRun(t, items)
				wantOutcomes(t, all, outcomes{outcome: 90})
				b.wantPeople(t, items)
				if len(b.posts) != test.posts {
					t.Errorf("%d posts, want %d", len(b.posts), test.posts)
				}
				for _, post := range b.posts {
					if post.upsert != update {
						t.Error("a record was sent the other way")
					}
				}
				if result := all.results[90]; test.readBack && (!result.ReadBack || result.Job != "") {
					t.Errorf("evidence %+v", result)
				}
			})
		}
	}
}

// A POST that is carried out late, after its records were sent again, makes
// nobody twice: they are found to be ours by when they were created, whether the
// second POST skips them or has them refused.
func TestCarriedOutLate(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprintf("refused %v", refused), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			var late []map[string]any
			b.mishap = func(n int, p post) mishap {
				switch n {
				case 2:
					late = p.records
					return mishap{lose: true, undone: true}
				case 3:
					for _, record := range late {
						b.importOne(record, false)
					}
				}
				return mishap{}
			}
			b.after = func(_ map[string]any, detail *adminapi.ImportDetail) {
				if refused && detail.Outcome == adminapi.ImportSkipped {
					*detail = adminapi.ImportDetail{Index: detail.Index, Outcome: adminapi.ImportFailed, Errors: []adminapi.ImportError{{Reason: "InvariantViolated", Message: "identity already exists"}}}
				}
			}
			items := creates(40)
			all := b.mustRun(t, items)
			wantOutcomes(t, all, outcomes{userimport.Created: 40})
			b.wantPeople(t, items)
			if result := all.results[40]; !result.ReadBack {
				t.Errorf("evidence %+v", result)
			}
		})
	}
}

// A POST without an answer that is being carried out is waited for as long as
// more and more of it is there.
func TestCarriedOutSlowly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var late []map[string]any
	b.mishap = func(n int, p post) mishap {
		if n != 2 {
			return mishap{}
		}
		late = p.records
		return mishap{lose: true, undone: true}
	}
	began := b.clock.now()
	b.cfg.Wait = func(ctx context.Context, pause time.Duration) error {
		if b.clock.now().Sub(began) > 3*time.Second && len(late) > 0 {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.importOne(late[0], false)
			late = late[1:]
		}
		return b.clock.wait(ctx, pause)
	}
	items := creates(40)
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 40})
	b.wantPeople(t, items)
	if len(b.posts) != 2 {
		t.Errorf("%d posts", len(b.posts))
	}
}

// What was refused the second time may have been carried out the first; it
// stands when the user is not there.
func TestRefusedTheSecondTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(20)
	items[19] = itemOf(20, userimport.Record{"email": emailOf(20), "name": "wrong"})
	b.mishap = second(mishap{lose: true, undone: true})
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Created: 19, userimport.Failed: 1})
	if result := all.results[20]; result.Job == "" || !strings.Contains(result.Reason, "name") {
		t.Errorf("row 20: %+v", result)
	}
}

// Somebody who is there after a POST without an answer is ours only if the time
// and everything in the row fit.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(40)
	b.mishap = func(n int, _ post) mishap {
		if n != 2 {
			return mishap{}
		}
		b.create(emailOf(30), map[string]any{"name": "Somebody else"})
		return mishap{lose: true, undone: true}
	}
	b.create(emailOf(31), map[string]any{"name": "Person 31"})
	b.clock.at = b.clock.at.Add(time.Hour)
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Created: 38, userimport.Conflict: 2})
	if result := all.results[30]; result.Outcome != userimport.Conflict || !slices.Equal(result.Details, []string{"name: not as it was sent"}) {
		t.Errorf("row 30: %+v", result)
	}
}

// The server's clock counts, not ours, from the first POST on.
func TestServersClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Now = func() time.Time { return b.clock.now().Add(-ahead) }
			b.mishap = func(int, post) mishap { return mishap{lose: true} }
			for _, row := range []int{5, 31} {
				b.create(emailOf(row), map[string]any{"name": fmt.Sprintf("Person %d", row)})
			}
			b.clock.at = b.clock.at.Add(5 * time.Minute)
			all := b.mustRun(t, creates(40))
			wantOutcomes(t, all, outcomes{userimport.Created: 38, userimport.Conflict: 2})
		})
	}
}

// Records that kill their tasks are found and rejected; all others get through.
func TestRecordsThatKill(t *testing.T) {
	t.Parallel()
	for _, deadly := range [][]int{{20}, {110}, {11, 12}, {50, 150, 151, 250, 300}} {
		t.Run(fmt.Sprint(deadly), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.kills = func(record map[string]any) bool {
				return slices.ContainsFunc(deadly, func(row int) bool { return record["email"] == emailOf(row) })
			}
			items := creates(300)
			all := b.mustRun(t, items)
			wantOutcomes(t, all, outcomes{userimport.Created: 300 - len(deadly), userimport.Rejected: len(deadly)})
			for _, row := range deadly {
				if all.results[row].Outcome != userimport.Rejected {
					t.Errorf("row %d: %+v", row, all.results[row])
				}
			}
			var rest []userimport.Item
			for _, item := range items {
				if !slices.Contains(deadly, item.Row) {
					rest = append(rest, item)
				}
			}
			b.wantPeople(t, rest)
			if len(b.posts) > 2+4*len(deadly) {
				t.Errorf("%d posts", len(b.posts))
			}
		})
	}
}

// A server that gives no answer, or no end to its jobs, ends the import, which
// can go on later.
func TestStandstill(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mishap{"no answer": {lose: true, undone: true}, "no end": {stuck: -1, undone: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.mishap = func(n int, _ post) mishap {
				if n == 1 {
					return mishap{}
				}
				return m
			}
			items := creates(1500)
			all, err := b.run(t.Context(), t, items)
			if _, is := errors.AsType[*importer.StandstillError](err); !is {
				t.Fatalf("error %v", err)
			}
			got := all.outcomes()
			if got[userimport.Created] != 10 || got[userimport.Unknown] == 0 || got[userimport.Unknown]+got[userimport.NotSent] != 1490 {
				t.Errorf("outcomes %v", got)
			}
			if len(b.posts) > 1+2*importer.MaxLosses {
				t.Errorf("%d posts", len(b.posts))
			}
			for range 2 * importer.MaxLosses { // each run has patience of its own
				if _, err := b.run(t.Context(), t, items); err == nil {
					t.Fatal("there was no error")
				}
			}
			b.mishap = nil
			wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 1500})
			b.wantPeople(t, items)
		})
	}
}

// An update whose user is gone, or cannot be updated any more, is a conflict.
func TestUpdateSettledToNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 30)
	b.mishap = func(n int, _ post) mishap {
		if n != 2 {
			return mishap{}
		}
		delete(b.users, items[20].User)
		return mishap{lose: true, undone: true}
	}
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Updated: 29, userimport.Conflict: 1})
}

// Second factors cannot be read back, so an update that sets one is sent again
// until there is an answer.
func TestUnreadableUpdate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 30)
	for i := range items {
		items[i] = b.updateOf(i+1, items[i].User, userimport.Record{"email": emailOf(i + 1), "name": fmt.Sprintf("Person %d", i+1), "mfa": map[string]any{"email": "second@example.com"}})
	}
	b.mishap = second(mishap{lose: true})
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Updated: 30})
	if len(b.posts) != 3 || all.results[30].Job == "" {
		t.Errorf("%d posts, %+v", len(b.posts), all.results[30])
	}
}

// A job that cannot be asked for by an error of the server's is settled; refused
// credentials end the import.
func TestJobCannotBeAsked(t *testing.T) {
	t.Parallel()
	for status, ends := range map[int]bool{http.StatusInternalServerError: false, http.StatusForbidden: true} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.asked = func(id string) error {
				if id == "userimport_12" {
					return &adminapi.Error{Status: status, Message: "no"}
				}
				return nil
			}
			items := creates(20)
			all, err := b.run(t.Context(), t, items)
			if (err != nil) != ends {
				t.Fatalf("error %v", err)
			}
			if ends {
				wantOutcomes(t, all, outcomes{userimport.Created: 10, userimport.Unknown: 10})
				b.asked = nil
				all = b.mustRun(t, items)
			}
			wantOutcomes(t, all, outcomes{userimport.Created: 20})
			b.wantPeople(t, items)
		})
	}
}

// When users cannot be read, their rows stay open for the next run.
func TestUsersCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mishap{"read back": {}, "settle": {lose: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			down := errors.New("down")
			b.mishap = func(n int, _ post) mishap {
				if n == 2 {
					b.read = func() error { return down }
					return m
				}
				return mishap{}
			}
			items := creates(20)
			all, err := b.run(t.Context(), t, items)
			if !errors.Is(err, down) {
				t.Fatalf("error %v", err)
			}
			wantOutcomes(t, all, outcomes{userimport.Created: 10, userimport.Unknown: 10})
			b.read = nil
			wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 20})
			if len(b.posts) != 2 {
				t.Errorf("%d posts", len(b.posts))
			}
		})
	}
}
