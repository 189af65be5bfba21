package importer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usersync/adminapi"
	"usersync/sink/importer"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

func (b *bench) journalPath() string { return filepath.Join(b.dir, "journal.ndjson") }

func (b *bench) journal(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(b.journalPath())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// leaveUnfinished makes a journal of an import with rows open, done and not sent.
func (b *bench) leaveUnfinished(t testing.TB, items []userimport.Item) {
	t.Helper()
	b.mishap = second(mishap{refuse: &adminapi.Error{Status: http.StatusForbidden, NotCarriedOut: true}})
	if _, err := b.run(t.Context(), t, items); err == nil {
		t.Fatal("there was no error")
	}
	b.mishap = nil
}

// The journal is for its owner, and holds nothing of anybody's.
func TestJournalHoldsNoPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(40)
	items[0] = itemOf(1, userimport.Record{
		"email": emailOf(1), "name": "Ann Secret", "nickname": "Annie", "password": map[string]any{"type": "bcrypt", "password_hash": "$2a$10$hash"},
		"mfa": map[string]any{"totp": map[string]any{"secret": "GEZDGNBVGY3TQOJQ"}},
	})
	items[1] = itemOf(2, userimport.Record{"email": emailOf(2), "name": "wrong"})
	items[2].Warnings, items[2].Notes = []string{`tel "0912": a number`}, []string{`tel "0912": also by an account`}
	b.mishap = second(mishap{lose: true})
	b.mustRun(t, items)
	text := b.journal(t)
	for _, secret := range []string{"@example.com", "Secret", "Annie", "Person", "wrong", "$2a$", "GEZD", "0912"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q is in the journal", secret)
		}
	}
	for path, mode := range map[string]os.FileMode{b.dir: 0o700, b.journalPath(): 0o600, filepath.Join(b.dir, "lock"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
	for line := range bytes.Lines(text) {
		if !json.Valid(line) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// A run that another is in the middle of does not begin.
func TestLocked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	im, err := importer.Open(t.Context(), b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := importer.Open(t.Context(), b.cfg); !errors.Is(err, usersync.ErrLocked) || strings.Contains(err.Error(), "mirror") {
		t.Errorf("error %v", err)
	}
	if err := im.Close(); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t, creates(1))
}

// An unfinished import goes on only as it was.
func TestOtherImport(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*importer.Config){
		"the file has changed":                       func(c *importer.Config) { c.Table = userimport.DigestOf([]byte("other")) },
		"the app ID was project and is another":      func(c *importer.Config) { c.AppID = "another" },
		"the project's endpoint was https://project": func(c *importer.Config) { c.Endpoint = "https://another.example.com" },
		"the identifier was email and is":            func(c *importer.Config) { c.Identifier = userimport.Phone },
		"it had --upsert; it did not have --x":       func(c *importer.Config) { c.Options = []string{"--x"} },
	}
	for want, change := range changes {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			items := creates(40)
			b.leaveUnfinished(t, items)
			before := b.journal(t)
			same := b.cfg
			change(&b.cfg)
			_, err := importer.Open(t.Context(), b.cfg)
			other, is := errors.AsType[*importer.OtherImportError](err)
			if !is || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--restart") {
				t.Fatalf("error %v", err)
			}
			if other.Dir != b.dir || !bytes.Equal(before, b.journal(t)) {
				t.Error("the journal was touched")
			}
			b.cfg = same
			wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 40})
			if len(b.posts) != 3 {
				t.Errorf("%d posts", len(b.posts))
			}
		})
	}
}

// --restart, and the end of an import, put the journal aside.
func TestBeginAnew(t *testing.T) {
	t.Parallel()
	for name, finished := range map[string]bool{"restart": false, "finished": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			items := creates(40)
			if finished {
				b.mustRun(t, items)
			} else {
				b.leaveUnfinished(t, items)
			}
			before := b.journal(t)
			b.cfg.Restart, b.cfg.Table = !finished, userimport.DigestOf([]byte("other"))
			im, err := importer.Open(t.Context(), b.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if im.Known(1) != userimport.Fresh {
				t.Error("a row of the import before is known")
			}
			if err := errors.Join(im.Finish(t.Context()), im.Close()); err != nil {
				t.Fatal(err)
			}
			// One that had nothing to send is not worth putting aside.
			b.mustRun(t, nil)
			aside, err := os.ReadFile(filepath.Join(b.dir, "journal.previous.ndjson"))
			if err != nil || !bytes.Equal(aside, before) {
				t.Errorf("the journal before is not kept: %v", err)
			}
		})
	}
}

// A journal that does not begin, or ends in the middle of a line, is good up to
// there; one that is damaged is refused, with what to do.
func TestDamage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spoil func(lines [][]byte) [][]byte
		want  string // of the error; empty for none
	}{
		"torn":         {func(l [][]byte) [][]byte { return append(l, []byte(`{"post":{"seq":9,"ro`)) }, ""},
		"torn zeros":   {func(l [][]byte) [][]byte { return append(l, make([]byte, 100)) }, ""},
		"not JSON":     {func(l [][]byte) [][]byte { l[2] = []byte("nonsense\n"); return l }, "line 3 of"},
		"a line gone":  {func(l [][]byte) [][]byte { return append(l[:1], l[2:]...) }, "line 2 of"},
		"line twice":   {func(l [][]byte) [][]byte { return append(l, l[len(l)-2]) }, "is damaged"},
		"no beginning": {func(l [][]byte) [][]byte { return l[1:] }, "line 1 of"},
		"says nothing": {func(l [][]byte) [][]byte { l[1] = []byte("{}\n"); return l }, "line 2 of"},
		"newer": {func(l [][]byte) [][]byte {
			l[0] = bytes.Replace(l[0], []byte(`"version":1`), []byte(`"version":2`), 1)
			return l
		}, "another version"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			items := creates(40)
			b.leaveUnfinished(t, items)
			lines := bytes.SplitAfter(b.journal(t), []byte("\n"))
			spoilt := bytes.Join(test.spoil(lines[:len(lines)-1]), nil)
			if err := os.WriteFile(b.journalPath(), spoilt, 0o600); err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 40})
				return
			}
			_, err := importer.Open(t.Context(), b.cfg)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "--restart") {
				t.Fatalf("error %v", err)
			}
			b.cfg.Restart = true
			im, err := importer.Open(t.Context(), b.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := im.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Rows are known again by their records.
func TestAnotherRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(20)
	down := errors.New("down")
	b.mishap = func(n int, _ post) mishap {
		b.read = func() error { return down }
		return mishap{lose: n == 1}
	}
	if _, err := b.run(t.Context(), t, items); !errors.Is(err, down) {
		t.Fatal(err)
	}
	b.read, b.mishap = nil, nil
	items[4] = itemOf(5, userimport.Record{"email": "another@example.com"})
	if _, err := b.run(t.Context(), t, items); err == nil || !strings.Contains(err.Error(), "resume row 5") {
		t.Errorf("error %v", err)
	}
}

// A journal of many rows takes a bit for each that is done.
func TestManyRows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(40)
	b.leaveUnfinished(t, items)
	const jobs, each = 100, 1000
	var text bytes.Buffer
	text.Write(b.journal(t))
	for job := range jobs {
		rows := make([]int, each)
		digests := make([]userimport.Digest, each)
		results := make([]userimport.Result, each)
		for i := range rows {
			rows[i] = 1000 + job*each + i
			results[i] = userimport.Result{Row: rows[i], Outcome: userimport.Created, Index: i}
		}
		for _, line := range []map[string]any{
			{"post": map[string]any{"seq": 10 + job, "rows": rows, "digests": digests}},
			{"posted": map[string]any{"seq": 10 + job, "job": "userimport_1"}},
			{"result": map[string]any{"job": "userimport_1", "rows": results}},
		} {
			if err := json.NewEncoder(&text).Encode(line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(b.journalPath(), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	im, err := importer.Open(t.Context(), b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if kept := importer.Kept(im); kept > jobs*each/8*2 {
		t.Errorf("%d bytes are kept of %d rows", kept, jobs*each)
	}
	replayed := 0
	err = im.Replay(func(result userimport.Result) error {
		replayed++
		if im.Known(result.Row) != userimport.Done {
			t.Errorf("row %d is not done", result.Row)
		}
		return nil
	})
	if err != nil || replayed != jobs*each+10 {
		t.Errorf("%d results, error %v", replayed, err)
	}
	if im.Known(999) != userimport.Fresh || im.Known(1000+jobs*each) != userimport.Fresh {
		t.Error("rows are known that were never sent")
	}
	if err := im.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whom open rows may have updated is known, so that no other row is about them.
func TestClaims(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := append(creates(20), b.updates(21, 20)...)
	down := errors.New("down")
	b.mishap = func(_ int, p post) mishap {
		if p.upsert {
			b.read = func() error { return down }
		}
		return mishap{lose: p.upsert}
	}
	all, err := b.run(t.Context(), t, items)
	if !errors.Is(err, down) {
		t.Fatal(err)
	}
	want := make(map[int]usersync.ID)
	for _, item := range items[20:] {
		if all.results[item.Row].Outcome == userimport.Unknown {
			want[item.Row] = item.User
		}
	}
	im, err := importer.Open(t.Context(), b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[int]usersync.ID)
	im.Claims(func(row int, user usersync.ID) { got[row] = user })
	if !maps.Equal(got, want) || len(want) == 0 {
		t.Errorf("claims %v, want %v", got, want)
	}
	if err := im.Close(); err != nil {
		t.Fatal(err)
	}
}
