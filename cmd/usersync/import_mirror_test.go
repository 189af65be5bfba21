package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usersync/sink"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A taking sender takes everything.
type taking struct{ userimport.Sender }

func (taking) Send(context.Context, userimport.Item) error   { return nil }
func (taking) Resume(context.Context, userimport.Item) error { return nil }

// An import that goes on for long is noted anew, so that its note outlasts what it
// sent last by a day, and its end takes the place of that where all is known.
func TestImportIsNotedWhileItGoesOn(t *testing.T) {
	t.Parallel()
	began := time.Now()
	now := began
	a := &app{now: func() time.Time { return now }, logger: slog.New(slog.DiscardHandler)}
	mirror := &importMirror{destination: destination{path: filepath.Join(t.TempDir(), "users.csv")}}
	job := &importJob{options: &importOptions{}, mirror: mirror, places: importPlaces{journal: "journal"}}
	sender, err := a.noting(job, userimport.DigestOf(nil), taking{})
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		after time.Duration
		do    func() error
		notes int
		last  string
	}{
		{0, func() error { return sender.Resume(t.Context(), userimport.Item{}) }, 1, "an import was begun"},
		{openNoteRenews - time.Second, func() error { return sender.Send(t.Context(), userimport.Item{}) }, 1, "an import was begun"},
		{openNoteRenews, func() error { return sender.Send(t.Context(), userimport.Item{}) }, 2, "an import was begun"},
		{openNoteRenews, func() error { return sender.Send(t.Context(), userimport.Item{}) }, 2, "an import was begun"},
		{7 * time.Hour, func() error {
			return a.noteEnded(t.Context(), job, &userimport.Report{Rows: 9, Outcomes: map[userimport.Outcome]int{userimport.Created: 8, userimport.Unknown: 1}})
		}, 2, "an import was begun"},
		{7 * time.Hour, func() error {
			return a.noteEnded(t.Context(), job, &userimport.Report{Rows: 9, Outcomes: map[userimport.Outcome]int{userimport.Created: 8}})
		}, 2, "an import was begun"},
		{7 * time.Hour, func() error {
			return a.noteEnded(t.Context(), job, &userimport.Report{Outcomes: map[userimport.Outcome]int{userimport.Created: 8}})
		}, 2, "an import was begun"},
		{7 * time.Hour, func() error {
			return a.noteEnded(t.Context(), job, &userimport.Report{Rows: 9, Outcomes: map[userimport.Outcome]int{userimport.Created: 5, userimport.Updated: 3, userimport.NotSent: 1}})
		}, 3, "an import of 8 rows was noted"},
	}
	for n, step := range steps {
		now = began.Add(step.after)
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if notes, last := notesIn(t, mirror.path); notes != step.notes || !strings.HasPrefix(last, step.last) {
			t.Errorf("step %d: %d notes, the last is %q", n, notes, last)
		}
	}
}

// What cannot be noted is not sent; a note that cannot be renewed ends nothing.
func TestImportThatCannotBeNoted(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a := &app{now: func() time.Time { return now }, logger: slog.New(slog.DiscardHandler)}
	path := filepath.Join(t.TempDir(), "users.csv")
	job := &importJob{options: &importOptions{}, mirror: &importMirror{destination: destination{path: path}}, places: importPlaces{journal: "journal"}}
	sender, err := a.noting(job, userimport.DigestOf(nil), taking{})
	if err != nil {
		t.Fatal(err)
	}
	send := func() error { return sender.Send(t.Context(), userimport.Item{}) }
	other, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, Logger: a.logger})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(); err == nil || !strings.Contains(err.Error(), "before anything is sent") || exitCode(err) != exitLocked {
		t.Errorf("while another holds the mirror: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if other, err = sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, Logger: a.logger}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(openNoteRenews)
	if err := send(); err != nil {
		t.Errorf("when the note could not be renewed: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(openNoteRetries)
	if err := send(); err != nil {
		t.Fatal(err)
	}
	if notes, _ := notesIn(t, path); notes != 2 {
		t.Errorf("%d notes", notes)
	}
}

// notesIn is how many imports a file's ledger tells of, and the words of the last.
func notesIn(t *testing.T, path string) (count int, last string) {
	t.Helper()
	mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, LedgerOnly: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for report, err := range mirror.Runs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if report.Mode != usersync.ModeImport {
			continue
		}
		if count++; count == 1 {
			last = report.ModeReason
		}
	}
	if err := mirror.Close(); err != nil {
		t.Fatal(err)
	}
	return count, last
}
