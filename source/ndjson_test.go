package source_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"usersync/source"
	usersync "usersync/sync"
)

// wholeLine has what Authgear's exports never leave out.
const wholeLine = `{"sub":"%s","email_verified":false,"phone_number_verified":false,"created_at":"2026-01-02T03:04:05Z","disabled":false,"is_anonymized":false,"mfa":{},"biometric_count":0,"passkey_count":0%s}` + "\n"

func writeText(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNDJSONKnowsWhatItTells(t *testing.T) {
	t.Parallel()
	all, exported := usersync.AllFields(), exportedFields(t)
	ours := `,"is_anonymous":false,"is_deactivated":false,"updated_at":"2026-01-02T03:04:05Z"`
	line := func(n int, more string) string {
		return fmt.Sprintf(wholeLine, fmt.Sprintf("00000000-0000-4000-8000-%012d", n), more)
	}
	for name, test := range map[string]struct{ text, want string }{
		"nothing":                    {"", strings.Join(exported.Names(), ",")},
		"Authgear's export":          {line(1, ""), strings.Join(exported.Names(), ",")},
		"a blank line first":         {"\n\n" + line(1, ""), strings.Join(exported.Names(), ",")},
		"null within an attribute":   {line(1, `,"custom_attributes":{"x":null},"name":"\":null"`), strings.Join(exported.Names(), ",")},
		"usersync's export":          {line(1, ours), strings.Join(all.Names(), ",")},
		"some fields":                {`{"sub":"00000000-0000-4000-8000-000000000001","email":"a"}` + "\n" + `{"sub":"00000000-0000-4000-8000-000000000002","name":"b"}`, "email,name"},
		"all flags, but fields":      {line(1, `,"name":"x"`) + line(2, `,"name":null`), "email_verified,phone_number_verified,name,disabled,created_at,is_anonymized,biometric_count,passkey_count"},
		"only ids":                   {`{"sub":"00000000-0000-4000-8000-000000000001"}`, ""},
		"a byte order mark":          {"\ufeff" + `{"sub":"00000000-0000-4000-8000-000000000001","email":"a"}`, "email"},
		"carriage returns":           {`{"sub":"00000000-0000-4000-8000-000000000001","email":"a"}` + "\r\n\r\n", "email"},
		"seen only at the very last": {strings.Repeat(`{"sub":"00000000-0000-4000-8000-000000000001"}`+"\n", 2000) + `{"sub":"00000000-0000-4000-8000-000000000002","name":"b"}`, "name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope, err := source.NewNDJSON(writeText(t, "x.ndjson", test.text)).Scope(t.Context())
			if got := strings.Join(scope.Names(), ","); err != nil || got != test.want {
				t.Errorf("got %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestNDJSONErrorsNameThePlaceAndNotTheValue(t *testing.T) {
	t.Parallel()
	good := fmt.Sprintf(wholeLine, "00000000-0000-4000-8000-000000000001", "")
	for name, test := range map[string]struct{ text, want string }{
		"a row of CSV":  {good + "a,secret\n", "line 2: not one JSON object"},
		"unknown key":   {good + "\n" + strings.Replace(good, "disabled", "shoe_size", 1), `line 3: "shoe_size": not one of the keys of Authgear's exports or usersync's`},
		"a wrong value": {strings.Replace(good, "false", `"secret"`, 1), `line 1: "email_verified": not the JSON of a bool`},
		"cut off":       {good + good[:50], "line 2: not one JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeText(t, "x.ndjson", test.text)
			var census usersync.Census
			err := endOf(source.NewNDJSON(path).Users(t.Context(), usersync.AllFields(), &census))
			if want := "read users from " + path + ": " + test.want; err == nil || err.Error() != want || census.Complete {
				t.Errorf("got %v (complete: %v), want %s", err, census.Complete, want)
			}
		})
	}
	for _, err := range source.NewNDJSON("absent.ndjson").Users(t.Context(), usersync.AllFields(), new(usersync.Census)) {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	}
}

func packed(t *testing.T, pack func(io.Writer) io.WriteCloser, text string) string {
	t.Helper()
	var out bytes.Buffer
	packer := pack(&out)
	if _, err := io.WriteString(packer, text); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFilesAreUnpacked(t *testing.T) {
	t.Parallel()
	lines := fmt.Sprintf(wholeLine, "00000000-0000-4000-8000-000000000001", "") + fmt.Sprintf(wholeLine, "00000000-0000-4000-8000-000000000002", `,"_deleted_at":"2026-01-02T03:04:05Z"`)
	rows := "sub,created_at,_deleted_at\n00000000-0000-4000-8000-000000000001,,\n00000000-0000-4000-8000-000000000002,,2026-01-02T03:04:05Z\n"
	gz := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	zst := func(w io.Writer) io.WriteCloser {
		packer, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Error(err)
		}
		return packer
	}
	for name, pack := range map[string]func(io.Writer) io.WriteCloser{".gz": gz, ".zst": zst} {
		objects := source.NewNDJSON(writeText(t, "users.ndjson"+name, packed(t, pack, lines)))
		cells := source.NewCSV(writeText(t, "users.csv"+name, packed(t, pack, rows)))
		created := usersync.FieldsNamed([]string{"created_at"})
		for kind, counts := range map[string][2]int{
			"ndjson": {count(t, objects.Users(t.Context(), created, new(usersync.Census))), count(t, objects.Records(t.Context(), created, new(usersync.Census)))},
			"csv":    {count(t, cells.Users(t.Context(), created, new(usersync.Census))), count(t, cells.Records(t.Context(), created, new(usersync.Census)))},
		} {
			if counts != [2]int{1, 2} {
				t.Errorf("%s%s: %v", kind, name, counts)
			}
		}
		if keeps, err := cells.KeepsDeleted(t.Context()); err != nil || !keeps {
			t.Errorf("%v, %v", keeps, err)
		}
		if scope, err := cells.Scope(t.Context()); err != nil || strings.Join(scope.Names(), ",") != "created_at" {
			t.Errorf("%v, %v", scope.Names(), err)
		}
		whole := packed(t, pack, lines)
		cut := source.NewNDJSON(writeText(t, "users.ndjson"+name, whole[:len(whole)-5]))
		var census usersync.Census
		if err := endOf(cut.Users(t.Context(), created, &census)); err == nil || !strings.Contains(err.Error(), "damaged or ends too early") || census.Complete {
			t.Errorf("%s: a file that is cut off: %v", name, err)
		}
		if _, err := source.NewNDJSON(writeText(t, "users.ndjson"+name, lines)).Scope(t.Context()); err == nil {
			t.Errorf("%s: a name that lies is believed", name)
		}
	}
}

// endOf is the error that reading ends with.
func endOf[T any](all func(func(T, error) bool)) (last error) {
	for _, err := range all {
		last = err
	}
	return last
}

func count[T any](t *testing.T, all func(func(T, error) bool)) int {
	t.Helper()
	n := 0
	for _, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestNDJSONStopsWhenTold(t *testing.T) {
	t.Parallel()
	path := writeText(t, "x.ndjson", strings.Repeat(fmt.Sprintf(wholeLine, "00000000-0000-4000-8000-000000000001", ""), 3))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	users := 0
	var last error
	for u, err := range source.NewNDJSON(path).Users(ctx, usersync.FieldSet{}, new(usersync.Census)) {
		if last = err; u != nil {
			users++
		}
		stop()
	}
	if users != 1 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d users, then %v", users, last)
	}
	var census usersync.Census
	for _, err := range source.NewNDJSON(path).Users(t.Context(), usersync.FieldSet{}, &census) {
		if err != nil {
			t.Fatal(err)
		}
		break // nothing may be yielded to who has left
	}
	if census.Complete {
		t.Error("half a file is complete")
	}
}

// The cut of the recorded export has all that the reader of the mirror's own form
// reads of it.
func TestNDJSONReadsTheRecordedExport(t *testing.T) {
	t.Parallel()
	fields := exportedFields(t)
	lines := readLines(t, open(t, "testdata/recorded/export.ndjson"))
	i := 0
	for u, err := range source.NewNDJSON("testdata/recorded/export.ndjson").Users(t.Context(), fields, new(usersync.Census)) {
		if err != nil {
			t.Fatal(err)
		}
		want, err := usersync.UserFromJSON(lines[i], fields)
		if err != nil || usersync.FingerprintOf(u, fields) != usersync.FingerprintOf(want, fields) {
			t.Errorf("user %s differs in %d fields, %v", u.ID, len(usersync.Diff(u, want, fields)), err)
		}
		i++
	}
	if i != len(lines) || i == 0 {
		t.Errorf("%d users of %d", i, len(lines))
	}
}
