package importer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usersync/sink/importer"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A bench is a server, and a journal in a folder of its own.
type bench struct {
	*server
	dir string
	cfg importer.Config
}

func newBench(t testing.TB) *bench {
	t.Helper()
	clock := newTimeline()
	b := &bench{server: newServer(clock), dir: filepath.Join(t.TempDir(), "people.csv.import")}
	b.cfg = importer.Config{
		Client: b.server, Directory: b.server, Identifier: userimport.Email, Dir: b.dir,
		Table: userimport.DigestOf([]byte("people")), Options: []string{"--upsert"},
		Endpoint: "https://project.example.com", AppID: "project", Readback: true,
		Log: slog.New(slog.DiscardHandler), Now: clock.now, Wait: clock.wait,
	}
	return b
}

// told are results by rows. A row that is told twice is an error.
type told struct {
	mutex   sync.Mutex
	results map[int]userimport.Result
}

func (t *told) put(result userimport.Result) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if _, twice := t.results[result.Row]; twice {
		return fmt.Errorf("row %d was told twice", result.Row)
	}
	if !result.Proven() {
		return fmt.Errorf("row %d is %s without evidence", result.Row, result.Outcome)
	}
	t.results[result.Row] = result
	return nil
}

// outcomes are the rows by their outcomes.
func (t *told) outcomes() map[userimport.Outcome]int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	counts := make(map[userimport.Outcome]int)
	for _, result := range t.results {
		counts[result.Outcome]++
	}
	return counts
}

// run imports as the engine does, and checks that every row has one result.
func (b *bench) run(ctx context.Context, t testing.TB, items []userimport.Item) (*told, error) {
	t.Helper()
	all := &told{results: make(map[int]userimport.Result)}
	cfg := b.cfg
	cfg.Emit = all.put
	im, err := importer.Open(ctx, cfg)
	if err != nil {
		return all, err
	}
	err = feed(ctx, im, items, all)
	if closeErr := im.Close(); closeErr != nil {
		t.Error(closeErr)
	}
	for _, item := range items {
		if _, has := all.results[item.Row]; !has {
			result := userimport.Result{Row: item.Row, Outcome: userimport.NotSent}
			if err == nil {
				t.Errorf("row %d has no result", item.Row)
			}
			all.results[item.Row] = result
		}
	}
	if len(all.results) != len(items) {
		t.Errorf("%d results of %d rows", len(all.results), len(items))
	}
	return all, err
}

// feed hands everything over, and lets the importer finish.
func feed(ctx context.Context, im *importer.Importer, items []userimport.Item, all *told) error {
	if err := im.Replay(all.put); err != nil {
		return err
	}
	for _, item := range items {
		var err error
		switch im.Known(item.Row) {
		case userimport.Open:
			// The journal knows.
			item.Update, item.User, item.Seen, item.Read = false, usersync.ID{}, usersync.Fingerprint{}, time.Time{}
			err = im.Resume(ctx, item)
		case userimport.Fresh:
			err = im.Send(ctx, item)
		case userimport.Done:
		}
		if err != nil {
			return errors.Join(err, im.Finish(ctx))
		}
	}
	return im.Finish(ctx)
}

// mustRun is run without an error.
func (b *bench) mustRun(t testing.TB, items []userimport.Item) *told {
	t.Helper()
	all, err := b.run(t.Context(), t, items)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func emailOf(row int) string { return fmt.Sprintf("person%d@example.com", row) }

// creates are rows of people who do not exist.
func creates(n int) []userimport.Item {
	items := make([]userimport.Item, n)
	for i := range items {
		items[i] = itemOf(i+1, userimport.Record{"email": emailOf(i + 1), "name": fmt.Sprintf("Person %d", i+1)})
	}
	return items
}

func itemOf(row int, record userimport.Record) userimport.Item {
	body, err := record.JSON()
	if err != nil {
		panic(err)
	}
	return userimport.Item{Row: row, Line: row + 1, Record: record, Digest: userimport.DigestOf(body)}
}

// updates are rows of people who exist, with another name than theirs.
func (b *bench) updates(from, n int) []userimport.Item {
	items := make([]userimport.Item, n)
	for i := range items {
		row := from + i
		id := b.create(emailOf(row), map[string]any{"name": "Old name"})
		items[i] = b.updateOf(row, id, userimport.Record{"email": emailOf(row), "name": fmt.Sprintf("Person %d", row)})
	}
	return items
}

// updateOf is a row about somebody who is there, as they are now.
func (b *bench) updateOf(row int, id usersync.ID, record userimport.Record) userimport.Item {
	item := itemOf(row, record)
	item.Update, item.User, item.Seen, item.Read = true, id, userimport.SeenOf(b.users[id]), b.clock.now()
	return item
}

// wantPeople checks that everybody exists once, with the name that the row says.
func (b *bench) wantPeople(t testing.TB, items []userimport.Item) {
	t.Helper()
	for _, item := range items {
		email := item.Record["email"].(string)
		id, exists := b.owners[email]
		switch {
		case !exists:
			t.Errorf("row %d: nobody was created", item.Row)
		case b.made[email] != 1:
			t.Errorf("row %d: created %d times", item.Row, b.made[email])
		case b.users[id].Get(field("name")) != item.Record["name"]:
			t.Errorf("row %d: the user has another name", item.Row)
		}
	}
}

func wantOutcomes(t testing.TB, all *told, want map[userimport.Outcome]int) {
	t.Helper()
	got := all.outcomes()
	for _, outcome := range userimport.Outcomes() {
		if got[outcome] != want[outcome] {
			t.Errorf("%d rows are %s, want %d (all: %v)", got[outcome], outcome, want[outcome], got)
		}
	}
	if t.Failed() {
		for _, row := range slices.Sorted(maps.Keys(all.results)) {
			t.Logf("%+v", all.results[row])
		}
	}
}
