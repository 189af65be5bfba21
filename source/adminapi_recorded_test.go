package source_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"testing"

	usersync "usersync/sync"
)

// What a real server told of its users through GraphQL is what it wrote of them
// into its export at the same moment, field by field.
func TestRecordedUsersEqualTheExport(t *testing.T) {
	t.Parallel()
	nodes := readLines(t, open(t, "testdata/recorded/users.ndjson"))
	export := readLines(t, open(t, "testdata/recorded/export.ndjson"))
	compareWithExport(t, nodes, export)
}

// The same for all 20,651 users of the recording.
func TestWholeRecordingEqualsTheExport(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("20,651 users take long under the race detector; a cut of them was compared")
	}
	const recordings = "../../shared/authgear/recordings/"
	if _, err := os.Stat(recordings + "sweep.ndjson.gz"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the whole recording is not here; a cut of it was compared")
	}
	var nodes []json.RawMessage
	for _, line := range readLines(t, unzip(t, recordings+"sweep.ndjson.gz")) {
		var page struct {
			Data struct {
				Users struct {
					Edges []struct{ Node json.RawMessage }
				}
			}
		}
		if err := json.Unmarshal(line, &page); err != nil {
			t.Fatal(err)
		}
		for _, edge := range page.Data.Users.Edges {
			nodes = append(nodes, edge.Node)
		}
	}
	export := readLines(t, unzip(t, recordings+"export.ndjson.gz"))
	if len(export) != 20651 {
		t.Fatalf("the recording has %d users", len(export))
	}
	compareWithExport(t, nodes, export)
}

func compareWithExport(t *testing.T, nodes, export []json.RawMessage) {
	t.Helper()
	got, census := readAll(t, readFrom(t, newCannedServer(t, nodes), 4), usersync.AllFields())
	if !census.Complete || census.Rounds != 0 || census.TotalStart != len(nodes) {
		t.Errorf("census is %+v", census)
	}
	exported := exportedFields(t)
	for _, line := range export {
		want, err := usersync.UserFromJSON(line, exported)
		if err != nil {
			t.Fatal(err)
		}
		u := got[want.ID]
		if u == nil {
			t.Fatalf("user %s was not read", want.ID)
		}
		for _, f := range usersync.Diff(want, u, exported) {
			t.Errorf("user %s: %s is %v, in the export %v", u.ID, f.Name, u.Get(f), want.Get(f))
		}
		// Cells also tell the order of roles, groups and identities.
		if wantCells, cells := cells(t, want, exported), cells(t, u, exported); !slices.Equal(cells, wantCells) {
			t.Errorf("user %s is\n%q, in the export\n%q", u.ID, cells, wantCells)
		}
		delete(got, want.ID)
	}
	if len(got) > 0 {
		t.Errorf("%d users were read that are not in the export", len(got))
	}
}

// exportedFields are those that Authgear's export has.
func exportedFields(t *testing.T) usersync.FieldSet {
	t.Helper()
	names := usersync.AllFields().Names()
	return usersync.FieldsNamed(names[:slices.Index(names, "updated_at")])
}

func cells(t *testing.T, u *usersync.User, fields usersync.FieldSet) []string {
	t.Helper()
	cells, err := u.Cells(fields)
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

func open(t *testing.T, path string) io.Reader {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	return file
}

func unzip(t *testing.T, path string) io.Reader {
	t.Helper()
	zipped, err := gzip.NewReader(open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return zipped
}

func readLines(t *testing.T, from io.Reader) []json.RawMessage {
	t.Helper()
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	var all []json.RawMessage
	for lines.Scan() {
		all = append(all, bytes.Clone(lines.Bytes()))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
