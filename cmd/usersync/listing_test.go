package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogsDoNotStandInsideValues where both go to the same place, however much is
// listed.
func TestLogsDoNotStandInsideValues(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "both")
	open := func() *os.File {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		return file
	}
	a := newApp(nil, strings.NewReader(""), open(), open())
	l := a.newListing()
	entry := strings.Repeat("v", 3000) + "\n"
	want := ""
	for range 5 {
		for _, write := range []struct {
			to   io.Writer
			text string
		}{{l, entry}, {l, entry}, {a.stderr, "logged\n"}} {
			want += write.text
			if _, err := io.WriteString(write.to, write.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("out of order, %v:\n%s", err, strings.ReplaceAll(string(got), "v", ""))
	}
}
