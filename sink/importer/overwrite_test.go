package importer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/sync/userimport"
)

// Halves that wait behind a half that is stuck for long are looked at again before
// they are sent once more.
func TestHalvesBehindAStuckHalf(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Jobs = 1
	items := b.updates(1, 40)
	b.mishap = func(n int, _ post) mishap {
		switch n {
		case 2, 3:
			return mishap{stuck: 1} // 30 rows, then 29
		case 4:
			b.edit(items[35].User, "name", "Another") // while the first half waits
			return mishap{stuck: 1}
		}
		return mishap{}
	}
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Updated: 39, userimport.Conflict: 1})
	if b.users[items[35].User].Get(field("name")) != "Another" {
		t.Error("what somebody changed was overwritten")
	}
}

// Parts of an address are sent as they were read, and Authgear replaces it as a
// whole: who was changed a moment ago is left alone, unless nothing is sent back.
func TestAddressesThatAreSentBack(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]bool{"in part": true, "whole": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Readback = false
			items := b.updates(1, 11)
			row := &items[10]
			said, sent := map[string]any{"country": "HK"}, map[string]any{"country": "HK", "locality": "Berlin"}
			if !back {
				said = sent
			}
			b.edit(row.User, "address", map[string]any{"country": "DE", "locality": "Berlin"})
			*row = b.updateOf(11, row.User, userimport.Record{"email": emailOf(11), "address": said})
			row.Sent = userimport.Record{"email": emailOf(11), "address": sent}
			b.edit(row.User, "address", map[string]any{"country": "DE", "locality": "Hamburg"})
			b.clock.at = b.clock.at.Add(time.Minute)
			want := outcomes{userimport.Updated: 11}
			if back {
				want = outcomes{userimport.Updated: 10, userimport.Conflict: 1}
			}
			all := b.mustRun(t, items)
			wantOutcomes(t, all, want)
			if reason := all.results[11].Reason; back && reason != userimport.ChangedMeanwhile {
				t.Errorf("the reason is %q", reason)
			}
		})
	}
}

// Who has what the row says, and is to be sent it once more for what nobody can
// read, is seen anew: a change back to what they were before is somebody's own.
func TestUsersAreSeenAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 11)
	items[10] = b.updateOf(11, items[10].User, userimport.Record{
		"email": emailOf(11), "name": "Person 11", "mfa": map[string]any{"email": "second@example.com"},
	})
	b.mishap = func(n int, p post) mishap {
		switch n {
		case 2:
			b.importOne(p.records[0], true)
			return mishap{lose: true, undone: true}
		case 3:
			b.edit(items[10].User, "name", "Old name")
			return mishap{lose: true, undone: true}
		}
		return mishap{}
	}
	result := b.mustRun(t, items).results[11]
	if result.Outcome != userimport.Conflict || len(b.posts) != 3 || b.users[items[10].User].Get(field("name")) != "Old name" {
		t.Errorf("after %d posts: %+v", len(b.posts), result)
	}
}

// What was never sent says nothing of how sending goes: the first rows that are
// sent are judged all the same.
func TestUnsentRowsAreNoProof(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 40)
	for i := range items {
		if i < 10 {
			b.edit(items[i].User, "name", "Another")
			continue
		}
		items[i] = b.updateOf(i+1, items[i].User, userimport.Record{"email": emailOf(i + 1), "name": "wrong"})
	}
	b.clock.at = b.clock.at.Add(11 * time.Minute)
	all, err := b.run(t.Context(), t, items)
	if err == nil || !strings.Contains(err.Error(), "none of the first 10 rows") {
		t.Errorf("error %v", err)
	}
	wantOutcomes(t, all, outcomes{userimport.Conflict: 10, userimport.Failed: 10, userimport.NotSent: 20})
}

// Of a job that died twice, the record that is likely the one goes last.
func TestSuspectsGoLast(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Jobs = 1
	items := creates(40)
	b.kills = func(record map[string]any) bool { return record["email"] == emailOf(11) }
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 39, userimport.Rejected: 1})
	suspect := slices.IndexFunc(b.posts, func(p post) bool { return slices.Equal(p.emails, []string{emailOf(11)}) })
	if suspect < 0 {
		t.Fatal("the record was never alone")
	}
	for _, item := range items[11:] {
		sent := slices.IndexFunc(b.posts, func(p post) bool {
			return slices.Contains(p.emails, emailOf(item.Row)) && !slices.Contains(p.emails, emailOf(11))
		})
		if sent < 0 || sent > suspect {
			t.Fatalf("row %d went in post %d, the suspect in %d", item.Row, sent, suspect)
		}
	}
}

// A warning that the plan has of a row is in the journal by what is missing, so that
// the next run knows of it when this one is killed.
func TestWarningsOutliveARun(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"told": false, "lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			items := b.updates(1, 20)
			b.edit(items[10].User, "disabled", true)
			items[10] = b.updateOf(11, items[10].User, userimport.Record{"email": emailOf(11), "name": "Person 11", "disabled": nil})
			items[10].Warnings = []string{"disabled: it cannot be removed"}
			b.mishap = second(mishap{lose: lost})
			if _, _, err := b.live(t, items, &process{left: 7}); err != nil { // all but the last line is written
				t.Fatal(err)
			}
			posts := len(b.posts)
			all := b.mustRun(t, items)
			if result := all.results[11]; result.Outcome != userimport.Updated || !slices.Equal(result.Details, []string{"disabled: asked for none, has true"}) || !result.Warned() {
				t.Errorf("the journal has %+v", result)
			}
			if all.results[12].Warned() || len(b.posts) != posts {
				t.Errorf("%d more posts, and %+v", len(b.posts)-posts, all.results[12])
			}
		})
	}
}
