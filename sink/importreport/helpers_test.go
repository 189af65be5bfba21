package importreport_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"usersync/sink/importreport"
	"usersync/source/table"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A file is a table in a file, as the command hands it over.
type file struct{ *table.File }

func (f file) NewWriter(w io.Writer) (importreport.RowWriter, error) { return f.Writer(w) }

// openTable writes the bytes to a file of the name and opens it.
func openTable(t *testing.T, name string, content []byte) file {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return reopen(t, path)
}

func reopen(t *testing.T, path string) file {
	t.Helper()
	opened, err := table.Open(t.Context(), path, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return file{opened}
}

func newLog(t *testing.T) *importreport.Log {
	t.Helper()
	log, err := importreport.NewLog(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// filled is a log of rows that come to the outcomes in their order.
func filled(t *testing.T, outcomes ...userimport.Outcome) *importreport.Log {
	t.Helper()
	log := newLog(t)
	for i, outcome := range outcomes {
		put(t, log, userimport.Result{Row: i + 1, Outcome: outcome, ReadBack: true, Reason: "because"})
	}
	return log
}

func put(t *testing.T, log *importreport.Log, result userimport.Result) {
	t.Helper()
	if err := log.Put(result); err != nil {
		t.Fatal(err)
	}
}

func someone(t *testing.T) usersync.ID {
	t.Helper()
	id, err := usersync.ParseID("0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
