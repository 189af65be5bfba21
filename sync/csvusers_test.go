package usersync_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

func TestUsersComeBackFromRowsToTheLastByte(t *testing.T) {
	t.Parallel()
	set := usersync.AllFields()
	rapid.Check(t, func(t *rapid.T) {
		u := usertest.Wild(set).Draw(t, "user")
		cells, err := u.Cells(set)
		if err != nil {
			t.Fatal(err)
		}
		text := usersync.AppendRow(usersync.AppendRow(nil, usersync.Columns(set)), cells)
		scanner, err := usersync.NewUserScanner(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if !scanner.Fields().Equal(set) || !scanner.InOrder() {
			t.Fatal("the header is not the one that was written")
		}
		back, row, err := scanner.Next()
		if err != nil {
			t.Fatal(err)
		}
		alone, err := scanner.Parse(text[row.Offset : row.Offset+int64(row.Length)])
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []*usersync.User{back, alone.User} {
			if got.ID != u.ID {
				t.Fatalf("the id is %s, not %s", got.ID, u.ID)
			}
			for f := range set.All() {
				if diff := cmp.Diff(u.Get(f), got.Get(f)); diff != "" {
					t.Fatalf("%s: %s", f.Name, diff)
				}
			}
		}
		if _, _, err := scanner.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last user: %v", err)
		}
	})
}

func TestUserScannerTakesColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	text := "created_at,email,sub\n2026-01-02T15:04:05Z,ann@example.com,00000000-0000-4000-8000-000000000001\n"
	scanner, err := usersync.NewUserScanner(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if scanner.InOrder() {
		t.Error("this is not the order of the table")
	}
	u, row, err := scanner.Next()
	if err != nil {
		t.Fatal(err)
	}
	email, _ := scanner.Fields().Lookup("email")
	if u.ID.String() != "00000000-0000-4000-8000-000000000001" || u.Get(email) != "ann@example.com" || row.Line != 2 {
		t.Errorf("got user %s with %v from line %d", u.ID, u.Get(email), row.Line)
	}
}

func TestUserScannerPassesOverWhoIsGone(t *testing.T) {
	t.Parallel()
	const ann, bob = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	text := "sub,email,created_at,_deleted_at\n" + ann + ",ann@example.com,,2026-01-02T15:04:05.000006Z\n" + bob + ",,,\n"
	scan := func() *usersync.UserScanner {
		scanner, err := usersync.NewUserScanner(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if !scanner.KeepsDeleted() || !scanner.InOrder() || scanner.Fields().Len() != 2 {
			t.Errorf("deleted ones are kept: %v, in order: %v, fields: %v", scanner.KeepsDeleted(), scanner.InOrder(), scanner.Fields().Names())
		}
		return scanner
	}
	scanner := scan()
	if u, row, err := scanner.Next(); err != nil || u.ID.String() != bob || row.Line != 3 {
		t.Errorf("got %v from line %d, %v", u, row.Line, err)
	}
	if _, _, err := scanner.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last user: %v", err)
	}
	scanner = scan()
	record, _, err := scanner.NextRecord()
	if err != nil || record.User.ID.String() != ann || !record.DeletedAt.Equal(time.Date(2026, 1, 2, 15, 4, 5, 6000, time.UTC)) {
		t.Errorf("got %+v, %v", record, err)
	}
	if record, _, err = scanner.NextRecord(); err != nil || record.User.ID.String() != bob || record.Gone() {
		t.Errorf("got %+v, %v", record, err)
	}
}

func TestUserScannerNamesThePlaceAndNotTheValue(t *testing.T) {
	t.Parallel()
	const header, id = "sub,email,disabled,created_at\n", "00000000-0000-4000-8000-000000000001"
	for name, test := range map[string]struct{ text, want string }{
		"an empty file":       {"", "no header: EOF"},
		"a mark and no more":  {"\ufeff", "no header: EOF"},
		"no header":           {id + ",secret@example.com,,\n", `line 1: no column "sub", so this is not the header of a file of users`},
		"unknown column":      {"\nsub,shoe_size\n", `line 2: column "shoe_size" is not one of usersync's`},
		"column twice":        {"sub,email,email\n", `line 1: column "email" is there twice`},
		"a part is missing":   {"sub,address.country\n", `line 1: column "address.formatted" is missing`},
		"ragged":              {header + id + ",secret@example.com\n", "line 2: 2 cells under 4 columns"},
		"too many cells":      {header + id + ",,,,secret\n", "line 2: 5 cells under 4 columns"},
		"sub is no UUID":      {header + "secret@example.com,,,\n", "line 2: column sub: not a UUID"},
		"broken quoting":      {header + id + ",\"sec\"ret,,\n", "line 2: column email: text after the closing quote"},
		"broken encoding":     {header + id + ",s\xe9cret,,\n", "line 2: column email: not UTF-8"},
		"beyond the columns":  {header + id + ",,,,\"secret\n", "line 2: cell 5: the quote is never closed"},
		"a value of no kind":  {header + "\n" + id + ",,secret,\n", "line 3: column disabled: neither true nor false"},
		"a time that is none": {header + id + ",,,secret\n", "line 2: column created_at: not a time like 2026-01-02T15:04:05Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scanner, err := usersync.NewUserScanner(strings.NewReader(test.text))
			if err == nil {
				_, _, err = scanner.Next()
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestUserScannerParseNamesTheColumn(t *testing.T) {
	t.Parallel()
	scanner, err := usersync.NewUserScanner(strings.NewReader("sub,email,created_at\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = scanner.Parse([]byte("00000000-0000-4000-8000-000000000001,s\xe9cret,"))
	if err == nil || err.Error() != "column email: not UTF-8" {
		t.Errorf("got %v", err)
	}
}

// Guards are taken off everything, and a file that has none is found out.
func TestGuardedScanner(t *testing.T) {
	t.Parallel()
	const id = "00000000-0000-4000-8000-000000000001,"
	read := func(text string) (*usersync.User, error) {
		scanner, err := usersync.NewGuardedScanner(strings.NewReader(text))
		if err != nil {
			return nil, err
		}
		u, row, err := scanner.Next()
		if err == nil {
			_, err = scanner.Parse([]byte(text)[row.Offset : row.Offset+int64(row.Length)])
		}
		return u, err
	}
	for cell, want := range map[string]string{"'=1": "=1", "''": "'", "plain": "plain", "": "", "a'b": "a'b", "'+1": "+1"} {
		if u, err := read("sub,name\n" + id + cell + "\n"); err != nil || u.Get(field(t, "name")) != want {
			t.Errorf("%s: %v, %v", cell, u, err)
		}
	}
	for _, cell := range []string{"=1", "+85298000000", "'tis", "'"} {
		if _, err := read("sub,name\n" + id + cell + "\n"); err == nil || !strings.HasPrefix(err.Error(), "line 2: column name: not guarded") || strings.Contains(err.Error(), cell+" ") {
			t.Errorf("%s: %v", cell, err)
		}
	}
	if _, err := read("sub,'name\n"); err == nil {
		t.Error("a header that nobody guarded is taken")
	}
}
