package importer_test

import (
	"slices"
	"strings"
	"testing"

	"usersync/sync/userimport"
)

// Custom attributes that the project does not know are left out without a word.
// Whoever lacks no more than these is ours, and it is said what is missing.
func TestLeftOutOfLostRecords(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(40)
	for i := range items {
		items[i] = itemOf(i+1, userimport.Record{
			"email": emailOf(i + 1), "name": items[i].Record["name"], "custom_attributes": map[string]any{"ghost": "boo"},
		})
	}
	b.mishap = second(mishap{lose: true})
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Created: 40})
	if result := all.results[40]; !result.ReadBack || !slices.Equal(result.Details, []string{"custom_attributes.ghost: not as it was sent"}) {
		t.Errorf("row 40: %+v", result)
	}
}

// An update that kills its task, and may have been carried out before it did, is
// said to be so.
func TestRecordsThatKillLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 30)
	for i := range items {
		items[i] = b.updateOf(i+1, items[i].User, userimport.Record{"email": emailOf(i + 1), "name": items[i].Record["name"], "mfa": map[string]any{"email": "second@example.com"}})
	}
	b.mishap = func(n int, _ post) mishap {
		if n > 2 {
			b.kills = func(record map[string]any) bool { return record["email"] == emailOf(30) }
		}
		return mishap{lose: n == 2} // and carried out
	}
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Updated: 29, userimport.Rejected: 1})
	if result := all.results[30]; len(result.Details) != 1 || !strings.Contains(result.Details[0], "may have been carried out") {
		t.Errorf("row 30: %+v", result)
	}
}
