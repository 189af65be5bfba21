package sink_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

func TestPostgresForgetsWithoutKeepingWho(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	purged, createPurged := ann(1)
	emptied, createEmptied := ann(2)
	other, createOther := ann(3)
	publishAt(t, p, firstStart, all, createPurged, createEmptied, createOther)
	// Both are among those whom a run was refused for.
	mirror := openPostgres(t, p.config())
	start := newStart(firstStart.Add(time.Hour), all)
	if err := begin(t.Context(), mirror, start, nil); err != nil {
		t.Fatal(err)
	}
	report := newReport(start, usersync.StatusRefused)
	report.Refused = []usersync.ID{purged.ID, emptied.ID, other.ID}
	if err := mirror.Abandon(t.Context(), report); err != nil {
		t.Fatal(err)
	}

	before := time.Now()
	if _, err := mirror.Forget(t.Context(), []usersync.ID{purged.ID}, usersync.EraseUser); err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.Forget(t.Context(), []usersync.ID{emptied.ID}, usersync.EraseValues); err != nil {
		t.Fatal(err)
	}
	equalLog(t, p, purged.ID)
	equalLog(t, p, emptied.ID, "create - {} scrubbed", "delete {} - scrubbed")
	equalLog(t, p, other.ID, "create - ann@example.com")
	if got := tombstoneOf(t, p, purged.ID); len(got) != 0 {
		t.Errorf("the row of a purged user is there: %+v", got)
	}
	stone := tombstoneOf(t, p, emptied.ID)[0]
	if stone.Email != nil || stone.Deleted == nil || stone.Deleted.Before(before.Add(-time.Second)) || stone.Confirmed != nil || stone.ByRun == nil {
		t.Errorf("emptied: %+v", stone)
	}
	// To have it purged later is possible, and to ask again changes nothing.
	for range 2 {
		if _, err := mirror.Forget(t.Context(), []usersync.ID{emptied.ID}, usersync.EraseUser); err != nil {
			t.Fatal(err)
		}
	}
	closeMirror(t, mirror)
	users, found, err := func() ([]usersync.ID, bool, error) {
		mirror := openPostgres(t, p.config())
		defer closeMirror(t, mirror)
		return mirror.Refused(t.Context(), start.RunID)
	}()
	if err != nil || !found || !slices.Equal(users, []usersync.ID{other.ID}) {
		t.Errorf("the refusal names %v (found %v), %v", users, found, err)
	}

	type entry struct {
		Key  []byte
		Mode string
	}
	list := rows[entry](t, p, "select key, mode from "+p.table("forgotten"))
	if len(list) != 2 || list[0].Mode != "purge" || list[1].Mode != "purge" || bytes.Equal(list[0].Key, list[1].Key) {
		t.Errorf("the list is %+v", list)
	}
	if secret := value[[]byte](t, p, "select forget_key from "+p.table("mirror")); len(secret) != 32 || bytes.Equal(secret, make([]byte, 32)) {
		t.Error("the key of the list is not a random one")
	}
	// The whole schema does not know the purged any more, neither by id nor by address.
	for _, table := range []string{"users", "user_changes", "runs", "mirror", "forgotten"} {
		text := value[string](t, p, "select coalesce(string_agg(r::text, ' '), '') from "+p.table(table)+" as r")
		for _, id := range []usersync.ID{purged.ID, emptied.ID} {
			if strings.Contains(text, id.String()) || strings.Contains(text, strings.ReplaceAll(id.String(), "-", "")) {
				t.Errorf("%s still has the id of user %d", table, id[0])
			}
		}
	}
	type run struct {
		Status  string
		Deleted *int
	}
	runs := rows[run](t, p, "select status, deleted from "+p.table("runs")+" where mode = 'forget' order by started_at, run_id")
	if len(runs) != 4 || runs[0].Deleted == nil {
		t.Fatalf("the ledger says %+v", runs)
	}
	deleted := 0
	for _, r := range runs {
		deleted += *r.Deleted
	}
	if deleted != 2 {
		t.Errorf("%d users were deleted by forgetting, want 2", deleted)
	}
}

// A run that read the mirror before somebody was forgotten must not publish it.
func TestPostgresForgettingStopsRunsThatLostTheirLock(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	user, create := ann(1)
	publishAt(t, p, firstStart, all, create)
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	start := newStart(firstStart.Add(time.Hour), all)
	if err := begin(t.Context(), mirror, start, []usersync.Change{updateOf(user, with(user, "email", "ann@example.org"), all)}); err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.Forget(t.Context(), []usersync.ID{user.ID}, usersync.EraseUser); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("publish: %v", err)
	}
	if err := mirror.Abandon(t.Context(), newReport(start, usersync.StatusFailed)); err != nil {
		t.Error(err)
	}
}
