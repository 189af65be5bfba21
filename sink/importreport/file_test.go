package importreport_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"usersync/sink/importreport"
	"usersync/sync/userimport"
)

// TestPartsAreRemoved that a killed run left, and nothing else.
func TestPartsAreRemoved(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	stay := []string{
		".users.csv.results.csv.usersync-", ".users.csv.results.csv.usersync-12a", ".users.csv.results.csv-123",
		".other.csv.usersync-123", "users.csv.results.csv", "users.csv.results.csv.usersync-123",
	}
	for _, name := range append(stay, ".users.csv.results.csv.usersync-123", ".users.csv.rejects.txt.usersync-4") {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, ".users.csv.results.csv.usersync-5"), 0o700); err != nil {
		t.Fatal(err)
	}
	stay = append(stay, ".users.csv.results.csv.usersync-5")
	if err := importreport.RemovePartial(filepath.Join(folder, "users.csv.results.csv"), filepath.Join(folder, "users.csv.rejects.txt")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	slices.Sort(stay)
	if !slices.Equal(left, stay) {
		t.Errorf("left are %v, not %v", left, stay)
	}
}

// TestPartsAreKnownByTheirNames: what stands there while a file is being written
// is what is removed when that is never done.
func TestPartsAreKnownByTheirNames(t *testing.T) {
	t.Parallel()
	in, folder := openTable(t, "users.csv", []byte("email\na\n")), t.TempDir()
	path := filepath.Join(folder, "results.csv")
	removed := false
	err := filled(t, userimport.Skipped).WriteResults(t.Context(), path, in, func(string) bool {
		removed = true
		if err := importreport.RemovePartial(path); err != nil {
			t.Error(err)
		}
		return false
	})
	if entries, listing := os.ReadDir(folder); err == nil || !removed || listing != nil || len(entries) != 0 {
		t.Errorf("%v is left, %v, %v", entries, err, listing)
	}
}
