package exportfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"usersync/sink/exportfile"
)

// What a killed program left is removed, and what somebody writes is not.
func TestWhatWasLeftIsRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users.csv")
	others := []string{".users.csv.usersync-", ".users.csv.usersync-1x", ".other.csv.usersync-1", "users.csv.usersync-1"}
	for _, name := range append(others, ".users.csv.usersync-123", ".users.csv.usersync-456") {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var files [2]*exportfile.File
	for i := range files {
		var err error
		if files[i], err = exportfile.Create(path); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(files[i], "file %d", i); err != nil {
			t.Fatal(err)
		}
	}
	for i, file := range files {
		if err := errors.Join(file.Commit(), file.Close()); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != fmt.Sprintf("file %d", i) {
			t.Errorf("%s, %v", text, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(others)+1 {
		t.Errorf("there are %v, %v", entries, err)
	}
}

// Several who write the same file at once take nothing from each other: it is
// always whole, and nothing else is left.
func TestSeveralWriteTheSameFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users.csv")
	text := strings.Repeat("some text\n", 500)
	write := func() error {
		file, err := exportfile.Create(path)
		if err != nil {
			return err
		}
		_, err = io.WriteString(file, text)
		if err == nil {
			err = file.Commit()
		}
		return errors.Join(err, file.Close())
	}
	for round := range 40 {
		var writers errgroup.Group
		for range 4 {
			writers.Go(write)
		}
		if err := writers.Wait(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Fatalf("round %d: %d bytes, %v", round, len(got), err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Fatalf("round %d: something else is left: %v, %v", round, entries, err)
		}
	}
}
