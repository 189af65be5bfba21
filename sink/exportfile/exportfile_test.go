package exportfile_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"usersync/sink/exportfile"
	usersync "usersync/sync"
)

func lookup(t *testing.T, name string) *usersync.Field {
	t.Helper()
	f, found := usersync.AllFields().Lookup(name)
	if !found {
		t.Fatalf("there is no field %s", name)
	}
	return f
}

// What breaks files, in every place where it can stand.
func breaking() map[string]string {
	return map[string]string{
		"comma": "a,b", "quote": `say "a"`, "only a quote": `"`, "newline": "a\nb", "carriage return": "a\rb\r\n", "emoji": "👩‍👩‍👧🏽",
		"right to left": "שלום \u202eabc", "U+0000": "a\x00b", "1 MB": strings.Repeat("x\",\n", 256<<10), "formula": "=1+1", "guarded": "'=1+1",
		"phone": "+85298000000", "minus": "-1", "at": "@SUM(A1)", "tab": "\tx", "spaces": "  a  ", "byte order mark": "\ufeffa",
		"end of data": `\.`, "null": "null", "NULL": `\N`, "a number": "9007199254740993", "line separator": "a\u2028b", "HTML": "<&>",
	}
}

func userWith(t *testing.T, text string) usersync.Record {
	t.Helper()
	u := usersync.NewUser(usersync.ID{7})
	u.Set(lookup(t, "name"), text)
	u.Set(lookup(t, "address"), map[string]any{"street_address": text})
	u.Set(lookup(t, "custom_attributes"), map[string]any{
		"text": text, "empty": "", "null": nil, "big": json.Number("9007199254740993"), "small": json.Number("1e-400"), text: text,
	})
	u.Set(lookup(t, "roles"), []string{text, "plain"})
	u.Set(lookup(t, "identities"), []any{map[string]any{"type": text, "claims": map[string]any{text: nil}}})
	created, err := time.Parse(time.RFC3339Nano, "0001-01-01T00:00:00.000001+00:00")
	if err != nil {
		t.Fatal(err)
	}
	u.Set(lookup(t, "created_at"), created)
	u.Set(lookup(t, "last_login_at"), time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 8*3600)))
	return usersync.Record{User: u}
}

func header(t *testing.T) *usersync.Header {
	t.Helper()
	h, err := usersync.ParseExportHeader(usersync.Columns(usersync.AllFields()))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func write(t *testing.T, h *usersync.Header, form exportfile.Form, records ...usersync.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	users, err := exportfile.NewUsers(&out, h, form)
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		if err := users.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestValuesThatBreakFilesComeBack(t *testing.T) {
	t.Parallel()
	all := usersync.AllFields()
	for name, text := range breaking() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := userWith(t, text)
			same := func(how string, got *usersync.User) {
				for _, f := range usersync.Diff(want.User, got, all) {
					t.Errorf("%s: %s did not come back", how, f.Name)
				}
			}
			rows := write(t, header(t), exportfile.Form{Format: exportfile.CSV}, want)
			scanner, err := usersync.NewExportScanner(bytes.NewReader(rows))
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := scanner.Next()
			if err != nil {
				t.Fatal(err)
			}
			same("csv", got)
			for _, chosen := range []bool{false, true} {
				line := write(t, header(t), exportfile.Form{Format: exportfile.NDJSON, Chosen: chosen}, want)
				if bytes.IndexByte(line, '\n') != len(line)-1 {
					t.Error("not one line")
				}
				back, err := usersync.ParseExport(line)
				if err != nil {
					t.Fatal(err)
				}
				same("ndjson", back.User)
			}
			guarded := write(t, header(t), exportfile.Form{Format: exportfile.CSV, ExcelSafe: true}, want)
			same("guarded", unguarded(t, guarded))
		})
	}
}

// unguarded reads the only user of a file that is guarded against formulas, and
// makes sure that it is.
func unguarded(t *testing.T, text []byte) *usersync.User {
	t.Helper()
	scanner := usersync.NewRowScanner(bytes.NewReader(text))
	names, err := scanner.Next()
	if err != nil {
		t.Fatal(err)
	}
	h, err := usersync.ParseExportHeader(names.Cells)
	if err != nil {
		t.Fatal(err)
	}
	row, err := scanner.Next()
	if err != nil {
		t.Fatal(err)
	}
	for i, cell := range row.Cells {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			t.Errorf("%s is not guarded", names.Cells[i])
		}
		row.Cells[i] = usersync.UnguardFormula(cell)
	}
	record, err := h.Record(row.Cells)
	if err != nil {
		t.Fatal(err)
	}
	return record.User
}

// Other readers of CSV see the same, but for what no file can tell them.
func TestOtherReadersSeeTheSame(t *testing.T) {
	t.Parallel()
	for name, text := range breaking() {
		if strings.Contains(text, "\r\n") {
			continue // Go's own reader takes them for a line feed
		}
		want := userWith(t, text)
		cells, err := header(t).Cells(want)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(write(t, header(t), exportfile.Form{Format: exportfile.CSV}, want))).ReadAll()
		if err != nil || len(rows) != 2 || !slices.Equal(rows[1], cells) {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	}
}

func TestTombstonesAndChosenColumns(t *testing.T) {
	t.Parallel()
	h, err := usersync.ParseExportHeader([]string{"email", "sub", "custom_attributes.a", "address.country", "_deleted_at"})
	if err != nil {
		t.Fatal(err)
	}
	gone := usersync.Record{User: usersync.NewUser(usersync.ID{1}), DeletedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	gone.User.Set(lookup(t, "custom_attributes"), map[string]any{"a": "7", "b": "secret"})
	gone.User.Set(lookup(t, "address"), map[string]any{"country": "HK", "region": "secret"})
	id := gone.User.ID.String()
	for form, want := range map[exportfile.Form]string{
		{Format: exportfile.CSV}:                  "email,sub,custom_attributes.a,address.country,_deleted_at\n," + id + `,7,HK,2026-01-02T03:04:05Z` + "\n",
		{Format: exportfile.NDJSON}:               `{"sub":"` + id + `","address":{"country":"HK"},"custom_attributes":{"a":"7"},"_deleted_at":"2026-01-02T03:04:05Z"}` + "\n",
		{Format: exportfile.NDJSON, Chosen: true}: `{"sub":"` + id + `","email":null,"address":{"country":"HK"},"custom_attributes":{"a":"7"},"_deleted_at":"2026-01-02T03:04:05Z"}` + "\n",
	} {
		if got := write(t, h, form, gone); string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestChangesAreWritten(t *testing.T) {
	t.Parallel()
	change := &usersync.LoggedChange{Op: "create", ID: usersync.ID{1}, After: json.RawMessage(`{"name": "=1"}`), At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), RunID: "-run"}
	for form, want := range map[exportfile.Form]string{
		{Format: exportfile.CSV, ExcelSafe: true}: "op,sub,fields,before,after,at,run\ncreate," + change.ID.String() + `,[],,"{""name"":""=1""}",2026-01-02T03:04:05Z,'-run` + "\n",
		{Format: exportfile.NDJSON}:               `{"op":"create","sub":"` + change.ID.String() + `","fields":[],"before":null,"after":{"name":"=1"},"at":"2026-01-02T03:04:05Z","run":"-run"}` + "\n",
	} {
		var out bytes.Buffer
		changes, err := exportfile.NewChanges(&out, form)
		if err != nil {
			t.Fatal(err)
		}
		if err := changes.Write(change); err != nil || out.String() != want {
			t.Errorf("got  %s, %v\nwant %s", &out, err, want)
		}
	}
}

func TestFileAppearsWhole(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("some text\n", 20_000)
	for name, unpack := range map[string]func(io.Reader) (io.Reader, error){
		"users.csv":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"users.csv.gz":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"users.csv.ZST": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, commit := range []bool{false, true} {
				file, err := exportfile.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(file, text); err != nil {
					t.Fatal(err)
				}
				if before, err := os.ReadFile(path); err != nil || string(before) != "before" {
					t.Errorf("before it is whole: %q, %v", before, err)
				}
				if commit {
					if err := file.Commit(); err != nil {
						t.Fatal(err)
					}
				}
				if err := file.Close(); err != nil {
					t.Fatal(err)
				}
				if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
					t.Errorf("something else is left: %v, %v", entries, err)
				}
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if name != "users.csv" && info.Size() > int64(len(text)/10) {
				t.Errorf("%d bytes of %d are not compressed", info.Size(), len(text))
			}
			packed, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = packed.Close() }()
			reader, err := unpack(packed)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(reader); err != nil || string(got) != text {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := exportfile.Create(dir); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a folder: %v", err)
	}
	absent := filepath.Join(dir, "absent")
	_, err := exportfile.Create(filepath.Join(absent, "users.csv"))
	if !errors.Is(err, os.ErrNotExist) || err.Error() != "begin users.csv in the folder "+absent+": no such file or directory" {
		t.Errorf("no folder: %v", err)
	}
}

// A link stays one: what it leads to becomes the new file.
func TestCreateFollowsLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(t.TempDir(), "users-1"), filepath.Join(dir, "users.gz")
	if err := os.WriteFile(target, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("there are no links here: ", err)
	}
	file, err := exportfile.Create(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Commit(), file.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if text, err := os.ReadFile(target); err != nil || len(text) < 2 || text[0] != 0x1f || text[1] != 0x8b {
		t.Errorf("the link's name says gzip: %q, %v", text, err)
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestErrorsOfWritingArePassedOn(t *testing.T) {
	t.Parallel()
	if _, err := exportfile.NewUsers(closedPipe{}, header(t), exportfile.Form{Format: exportfile.CSV}); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v", err)
	}
	users, err := exportfile.NewUsers(closedPipe{}, header(t), exportfile.Form{Format: exportfile.NDJSON})
	if err != nil {
		t.Fatal(err)
	}
	if err := users.Write(userWith(t, "x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v", err)
	}
}
