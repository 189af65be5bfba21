package sink_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usersync/sink"
	usersync "usersync/sync"
)

const csvKeepingHeader = "sub,email,custom_attributes,created_at,_deleted_at\n"

// csvKeptLine is the row of a csvUser in a file that keeps users who are gone.
func csvKeptLine(number int, email, deletedAt string) string {
	return strings.TrimSuffix(csvLine(number, email), "\n") + "," + deletedAt + "\n"
}

// keepCSV is a whole run that keeps users who are gone, or does not.
func keepCSV(t testing.TB, path string, keepDeleted bool, fields usersync.FieldSet, changes ...usersync.Change) {
	t.Helper()
	mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, KeepDeleted: keepDeleted, DropDeleted: !keepDeleted, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	stageCSV(t, mirror, fields, changes...)
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}

func removed(u *usersync.User, erase usersync.Erasure) usersync.Change {
	at := time.Date(2026, 1, 3, 4, 5, 6, 789012, time.UTC)
	return usersync.Change{Op: usersync.Delete, ID: u.ID, Before: u, Erase: erase, ConfirmedAt: at}
}

const removedAt = "2026-01-03T04:05:06.000789Z"

func TestCSVKeepsWhoIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	var creates, deletes []usersync.Change
	for number, erase := range []usersync.Erasure{usersync.EraseNothing, usersync.EraseHistory, usersync.EraseValues, usersync.EraseUser} {
		u := csvUser(10-number, "ann@example.com")
		creates, deletes = append(creates, create(u)), append(deletes, removed(u, erase))
	}
	keepCSV(t, path, true, csvFields(), append(creates, create(csvUser(6, "ann@example.com")))...)
	wantFile(t, path, csvKeepingHeader+csvKeptLine(10, "ann@example.com", "")+csvKeptLine(9, "ann@example.com", "")+
		csvKeptLine(8, "ann@example.com", "")+csvKeptLine(7, "ann@example.com", "")+csvKeptLine(6, "ann@example.com", ""))
	keepCSV(t, path, true, csvFields(), deletes...)
	gone := csvKeptLine(10, "ann@example.com", removedAt) + csvKeptLine(9, "ann@example.com", removedAt) + csvKeptLine(8, "", removedAt)
	wantFile(t, path, csvKeepingHeader+gone+csvKeptLine(6, "ann@example.com", ""))

	// An unchanged run leaves all as it is, and who comes back has the old place.
	keepCSV(t, path, true, csvFields())
	wantFile(t, path, csvKeepingHeader+gone+csvKeptLine(6, "ann@example.com", ""))
	back := csvUser(9, "back@example.com")
	keepCSV(t, path, true, csvFields(), usersync.Change{Op: usersync.Restore, ID: back.ID, Before: back, After: back})
	wantFile(t, path, csvKeepingHeader+csvKeptLine(10, "ann@example.com", removedAt)+csvKeptLine(9, "back@example.com", "")+
		csvKeptLine(8, "", removedAt)+csvKeptLine(6, "ann@example.com", ""))
}

func TestCSVBeginsAndCeasesToKeepWhoIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	ann, bob := csvUser(1, "ann@example.com"), csvUser(2, "bob@example.com")
	keepCSV(t, path, false, csvFields(), create(ann), create(bob))
	wantFile(t, path, csvHeader+csvLine(2, "bob@example.com")+csvLine(1, "ann@example.com"))
	// The column comes with the first run, whatever else that does.
	keepCSV(t, path, true, csvFields())
	wantFile(t, path, csvKeepingHeader+csvKeptLine(2, "bob@example.com", "")+csvKeptLine(1, "ann@example.com", ""))
	keepCSV(t, path, true, csvFields(), removed(bob, usersync.EraseNothing))
	wantFile(t, path, csvKeepingHeader+csvKeptLine(2, "bob@example.com", removedAt)+csvKeptLine(1, "ann@example.com", ""))
	// Leaving the wish out takes nothing away.
	mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if held, err := mirror.Holds(t.Context()); err != nil || held.Discards {
		t.Errorf("%+v, %v", held, err)
	}
	stageCSV(t, mirror, csvFields())
	if err := errors.Join(mirror.Publish(t.Context(), csvReport(usersync.StatusOK)), mirror.Close()); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, csvKeepingHeader+csvKeptLine(2, "bob@example.com", removedAt)+csvKeptLine(1, "ann@example.com", ""))
	// And it goes at once, with those who would look like living ones without it.
	keepCSV(t, path, false, csvFields())
	wantFile(t, path, csvHeader+csvLine(1, "ann@example.com"))
	wantAlone(t, path)
}

func TestCSVRestoresEvenWhenItCeasesToKeepWhoIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	ann := csvUser(1, "ann@example.com")
	writeFile(t, path, csvKeepingHeader+csvKeptLine(1, "old@example.com", removedAt)+csvKeptLine(2, "", removedAt))
	keepCSV(t, path, false, csvFields(), usersync.Change{Op: usersync.Restore, ID: ann.ID, Before: ann, After: ann})
	wantFile(t, path, csvHeader+csvLine(1, "ann@example.com"))
}

func TestCSVOtherFieldsKeepWhoIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	ann := csvUser(1, "ann@example.com")
	writeFile(t, path, csvKeepingHeader+csvKeptLine(1, "ann@example.com", "")+csvKeptLine(2, "bob@example.com", removedAt))
	// The engine writes everyone anew but those who are gone.
	keepCSV(t, path, true, usersync.FieldsNamed([]string{"email", "name", "created_at"}), usersync.Change{Op: usersync.Refill, ID: ann.ID, After: ann})
	wantFile(t, path, "sub,email,name,created_at,_deleted_at\n"+csvKeptLine(1, "ann@example.com", "")+csvKeptLine(2, "bob@example.com", removedAt))
}

func TestCSVMarksNobodyAsGoneWithoutATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	ann := csvUser(1, "ann@example.com")
	keepCSV(t, path, true, csvFields(), create(ann))
	// Without the source's word the run's beginning stands for it.
	keepCSV(t, path, true, csvFields(), remove(ann))
	wantFile(t, path, csvKeepingHeader+csvKeptLine(1, "ann@example.com", "2026-01-02T15:00:00Z"))

	mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, KeepDeleted: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	beginCSV(t, mirror, usersync.Start{RunID: "timeless", Fields: csvFields()})
	if err := mirror.Stage(t.Context(), []usersync.Change{remove(ann)}); err == nil || !strings.Contains(err.Error(), "there is no time to mark it with") {
		t.Errorf("staged: %v", err)
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
}
