package table_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"

	"usersync/source/table"
)

func TestSpoolKeepsWhatCannotBeReadTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spool")
	text := gzipped("email;name\nann@example.com;Ann\n")
	f, err := table.Spool(t.Context(), iotest.OneByteReader(strings.NewReader(text)), path, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the spool is %v, %v", info, err)
	}
	rows, err := rowsOf(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	want := content{Columns: f.Columns(), Rows: rows}
	compare(t, want.cells(), [][]string{{"ann@example.com", "Ann"}})

	// The next run finds it and leaves it as it is.
	if _, err := table.Spool(t.Context(), strings.NewReader("something else"), path, table.Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second spool: %v", err)
	}
	got, err := read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got.cells(), want.cells())
	if err := f.Remove(); err != nil {
		t.Fatal(err)
	}
	compare(t, entries(t, path), nil)
}

func TestSpoolOfALargeInput(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("a\n")
	for text.Len() < 1<<20 {
		text.WriteString(strings.Repeat("x", 1+text.Len()%97) + "\n")
	}
	path := filepath.Join(t.TempDir(), "spool")
	f, err := table.Spool(t.Context(), strings.NewReader(text.String()), path, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := rowsOf(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if got := rewritten(t, f, rows); got != text.String() {
		t.Errorf("%d bytes came back of %d", len(got), text.Len())
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// What did not come to its end leaves nothing that could be taken for a spool.
func TestSpoolIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	broken := errors.New("the pipe broke")
	for name, test := range map[string]struct {
		stopped bool
		in      io.Reader
		want    string
	}{
		"broken input":  {false, io.MultiReader(strings.NewReader("a\n1\n"), iotest.ErrReader(broken)), "the pipe broke"},
		"no table":      {false, strings.NewReader("a,a\n1,2\n"), "is there twice"},
		"nothing":       {false, strings.NewReader(""), "there is nothing in the file"},
		"stopped":       {true, strings.NewReader("a\n1\n"), "context canceled"},
		"nobody writes": {true, endless{}, "context canceled"},
	} {
		path := filepath.Join(t.TempDir(), "spool")
		ctx, cancel := context.WithCancel(t.Context())
		if test.stopped {
			cancel()
		}
		if _, err := table.Spool(ctx, test.in, path, table.Options{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		compare(t, entries(t, path), nil)
	}
}

func TestSpoolTakesTheUnfinishedOnesPlace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spool")
	if err := os.WriteFile(path+".partial", []byte("a\n1\n2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Open(t.Context(), path, table.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("half a spool was opened: %v", err)
	}
	f, err := table.Spool(t.Context(), strings.NewReader("b\n1\n"), path, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, f.Columns(), []string{"b"})
	compare(t, entries(t, path), []string{"spool"})
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// Two programs that spool to the same path do not make one file.
func TestSpoolNoticesAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "spool")
	other := readerFunc(func([]byte) (int, error) {
		if err := os.Remove(path + ".partial"); err != nil {
			return 0, err
		}
		return 0, errors.Join(io.EOF, os.WriteFile(path+".partial", []byte("half a ta"), 0o600))
	})
	_, err := table.Spool(t.Context(), io.MultiReader(strings.NewReader("a\n1\n"), other), path, table.Options{})
	if err == nil || !strings.Contains(err.Error(), "something else replaced") {
		t.Errorf("got %v", err)
	}
	compare(t, entries(t, path), []string{"spool.partial"})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// endless is a terminal at which nobody types.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "a\n"), nil }

func TestSpoolLeavesNothingBehind(t *testing.T) { //nolint:paralleltest // counts goroutines
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	in := readerFunc(func(p []byte) (int, error) {
		if reads++; reads == 3 {
			cancel()
		}
		return copy(p, "a\n"), nil
	})
	if _, err := table.Spool(ctx, in, filepath.Join(t.TempDir(), "spool"), table.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// entries are the names in the folder of a file.
func entries(t *testing.T, path string) (names []string) {
	t.Helper()
	found, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range found {
		names = append(names, entry.Name())
	}
	return names
}
