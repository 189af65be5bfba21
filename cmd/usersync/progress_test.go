package main

import (
	"io"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// TestProgressWithoutTerminal is a line every ten seconds of an injected clock.
func TestProgressWithoutTerminal(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	a := newApp(nil, strings.NewReader(""), io.Discard, &stderr)
	a.logger = a.logging.newLogger(a.stderr)
	now := time.Date(2026, 11, 23, 3, 15, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	progress := a.showProgress(false, readingUsers())
	for users := range 30 {
		progress.update(usersync.Progress{Users: 100 * users, Total: 20651})
		now = now.Add(time.Second)
	}
	progress.update(usersync.Progress{Users: 3000, Total: -1})
	progress.close()
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	want := []string{
		`msg="reading users" users=1000 of=20651 per_second=100`,
		`msg="reading users" users=2000 of=20651 per_second=100`,
		`msg="reading users" users=3000 per_second=100`,
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), &stderr)
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) {
			t.Errorf("got %s, want %s", line, want[i])
		}
	}
}

// TestProgressGoesOn where an earlier run had come to: what that did says nothing
// of the speed.
func TestProgressGoesOn(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	a := newApp(nil, strings.NewReader(""), io.Discard, &stderr)
	a.logger = a.logging.newLogger(a.stderr)
	now := time.Date(2026, 11, 23, 3, 15, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	progress := a.showImport(false)
	progress.update(userimport.Progress{Phase: userimport.Sending, Done: 5000, Total: 6000})
	now = now.Add(10 * time.Second)
	progress.update(userimport.Progress{Phase: userimport.Sending, Done: 5400, Total: 6000})
	progress.close()
	if want := `msg="sending rows" rows=5400 of=6000 per_second=40`; !strings.Contains(stderr.String(), want) {
		t.Errorf("want %s in %s", want, &stderr)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		users, total int
		elapsed      time.Duration
		want         string
	}{
		{0, 20651, time.Second, ""},
		{100, 20651, 0, ""},
		{1000, 21000, 2 * time.Second, "  500/s, 40 s left"},
		{40000, 10_000_000, 10 * time.Second, "  4,000/s, 41 min 30 s left"},
		{999, 1000, time.Second, "  999/s, 0.0 s left"},
		{1000, 1000, time.Second, "  1,000/s"},
	}
	for _, test := range tests {
		if got := pace(test.users, test.total, test.elapsed); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}
