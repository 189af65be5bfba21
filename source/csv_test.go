package source_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usersync/source"
	usersync "usersync/sync"
)

const (
	csvHeader = "sub,email,disabled,created_at\n"
	csvAnn    = "00000000-0000-4000-8000-000000000001"
	csvBob    = "00000000-0000-4000-8000-000000000002"
)

func writeCSV(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readCSV reads a file to its end or its error.
func readCSV(t *testing.T, path string, names ...string) (users []*usersync.User, census usersync.Census, err error) {
	t.Helper()
	for u, err := range source.NewCSV(path).Users(t.Context(), usersync.FieldsNamed(names), &census) {
		if err != nil {
			return users, census, err
		}
		users = append(users, u)
	}
	return users, census, nil
}

func TestCSVYieldsUsersInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	email, _ := usersync.AllFields().Lookup("email")
	for name, text := range map[string]string{
		"as a run writes it":   csvHeader + csvBob + ",\"bob\r\n\",true,\n" + csvAnn + ",ann@example.com,false,\n",
		"as others do":         "\ufeff" + strings.ReplaceAll(csvHeader, "\n", "\r\n") + csvBob + ",\"bob\r\n\",true,\r\n\r\n" + csvAnn + ",\"ann@example.com\",,",
		"columns in any order": "email,sub,created_at\n\"bob\r\n\"," + csvBob + ",\nann@example.com," + csvAnn + ",\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users, census, err := readCSV(t, writeCSV(t, text), "email", "created_at")
			if err != nil {
				t.Fatal(err)
			}
			if len(users) != 2 || users[0].ID.String() != csvBob || users[1].ID.String() != csvAnn {
				t.Fatalf("got %d users", len(users))
			}
			if users[0].Get(email) != "bob\r\n" || users[1].Get(email) != "ann@example.com" {
				t.Errorf("the emails are %q and %q", users[0].Get(email), users[1].Get(email))
			}
			if census.TotalStart != -1 || census.TotalEnd != -1 {
				t.Errorf("the census has totals: %+v", census)
			}
			if !census.Complete {
				t.Error("the census is not complete")
			}
		})
	}
}

func TestCSVErrorsNameThePlaceAndNotTheValue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"empty file":      {"", "no header: EOF"},
		"missing field":   {"sub,created_at\n", "no columns for the fields email, disabled"},
		"unknown column":  {"sub,shoe_size\n", `line 1: column "shoe_size" is not one of usersync's`},
		"the same twice":  {csvHeader + csvAnn + ",secret,,\n" + csvBob + ",,,\n" + strings.ToUpper(csvAnn) + ",,,\n", "line 4: column sub: user " + csvAnn + " is there a second time"},
		"broken quoting":  {csvHeader + csvAnn + ",\"sec\"ret,,\n", "line 2: column email: text after the closing quote"},
		"ragged":          {csvHeader + csvAnn + ",secret,\n", "line 2: 3 cells under 4 columns"},
		"not UTF-8":       {csvHeader + csvAnn + ",,,\n" + csvBob + ",s\xe9cret,,\n", "line 3: column email: not UTF-8"},
		"a value of none": {csvHeader + csvAnn + ",,secret,\n", "line 2: column disabled: neither true nor false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeCSV(t, test.text)
			_, census, err := readCSV(t, path, "email", "disabled", "created_at")
			if census.Complete {
				t.Error("the census is complete")
			}
			if want := "read users from " + path + ": " + test.want; err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
}

func TestCSVWithoutFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "absent.csv")
	if _, _, err := readCSV(t, path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func TestCSVStopsWhenTold(t *testing.T) {
	t.Parallel()
	path := writeCSV(t, csvHeader+csvAnn+",,,\n"+csvBob+",,,\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var users int
	var last error
	for u, err := range source.NewCSV(path).Users(ctx, usersync.FieldSet{}, &usersync.Census{}) {
		if last = err; u != nil {
			users++
		}
		stop()
	}
	if users != 1 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d users, then %v", users, last)
	}
	for _, err := range source.NewCSV(path).Users(t.Context(), usersync.FieldSet{}, &usersync.Census{}) {
		if err != nil {
			t.Fatal(err)
		}
		break // nothing may be yielded to who has left
	}
}
