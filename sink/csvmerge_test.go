package sink_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	usersync "usersync/sync"
	"usersync/sync/usertest"
)

func TestCSVKeepsPlacesAndAppendsByAge(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	// Not in the order of age, and with cells that no run would quote.
	writeFile(t, path, csvHeader+csvLine(3, `"three"`)+csvLine(1, "one")+csvLine(2, "two")+csvLine(4, `"four"`))
	runCSV(t, path, csvFields(),
		create(csvUser(7, "seven")), create(csvUser(9, "nine")), create(csvUser(8, "eight")),
		update(csvUser(1, "new\r\none")), remove(csvUser(2, "")))
	wantFile(t, path, csvHeader+csvLine(3, `"three"`)+csvLine(1, "\"new\r\none\"")+csvLine(4, `"four"`)+
		csvLine(9, "nine")+csvLine(8, "eight")+csvLine(7, "seven"))
}

func TestCSVNewcomersOfOneMomentAreInTheOrderOfTheirIDs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	var changes []usersync.Change
	for _, number := range []int{3, 1, 2} {
		u := usersync.NewUser(csvUser(number, "").ID)
		changes = append(changes, create(u))
	}
	runCSV(t, path, csvFields(), changes...)
	wantFile(t, path, csvHeader+csvID(1)+",,,\n"+csvID(2)+",,,\n"+csvID(3)+",,,\n")
}

func TestCSVTakesFilesThatWereWrittenByOthers(t *testing.T) {
	t.Parallel()
	one, two := strings.TrimSuffix(csvLine(1, `"a""b"`), "\n"), strings.TrimSuffix(csvLine(2, ""), "\n")
	for name, test := range map[string]struct{ old, want string }{
		"CR LF":                   {strings.ReplaceAll(csvHeader, "\n", "\r\n") + one + "\r\n" + two + "\r\n", csvHeader + one + "\n" + two + "\n"},
		"no end of the last line": {csvHeader + one + "\n" + two, csvHeader + one + "\n" + two + "\n"},
		"byte order mark":         {"\ufeff" + csvHeader + one + "\n" + two + "\n", csvHeader + one + "\n" + two + "\n"},
		"empty lines":             {"\n" + csvHeader + "\n" + one + "\n\n" + two + "\n\n", csvHeader + one + "\n" + two + "\n"},
		"columns in another order": {
			"created_at,custom_attributes,sub,email\n2026-01-02T15:00:58Z,,\"" + csvID(1) + "\",\"a\"\"b\"\n",
			csvHeader + one + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "users.csv")
			writeFile(t, path, test.old)
			runCSV(t, path, csvFields(), create(csvUser(3, "")))
			wantFile(t, path, test.want+csvLine(3, ""))
		})
	}
}

func TestCSVOtherFieldsRewriteEveryRow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	ann, bob := csvUser(1, "ann@example.com"), csvUser(2, "bob@example.com")
	runCSV(t, path, csvFields(), create(ann), create(bob))
	fewer := usersync.FieldsNamed([]string{"email", "created_at"})
	refill := usersync.Change{Op: usersync.Refill, ID: ann.ID, After: ann}

	mirror := openCSV(t, path)
	stageCSV(t, mirror, fewer, refill)
	err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK))
	if err == nil || !strings.Contains(err.Error(), bob.ID.String()) {
		t.Fatalf("published although a user was not staged: %v", err)
	}
	wantFile(t, path, csvHeader+csvLine(2, "bob@example.com")+csvLine(1, "ann@example.com"))
	stageCSV(t, mirror, fewer, refill, remove(bob))
	if err := mirror.Publish(t.Context(), csvReport(usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "sub,email,created_at\n"+strings.Replace(csvLine(1, "ann@example.com"), ",,", ",", 1))
	wantAlone(t, path)
}

func TestCSVWithoutUsersTakesOtherFields(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	writeFile(t, path, "sub,email,created_at\n")
	runCSV(t, path, csvFields())
	wantFile(t, path, csvHeader)
}

// A model of the file: users in their places, changed ones replaced, deleted
// ones left out, new ones appended by age, whatever the order of staging.
func TestCSVIsWhatItsChangesMakeOfIt(t *testing.T) {
	t.Parallel()
	folder, set := t.TempDir(), usersync.FieldsNamed([]string{"name", "address", "roles", "identities", "created_at"})
	rapid.Check(t, func(r *rapid.T) {
		path := filepath.Join(folder, "users.csv")
		users := usertest.Users(set, 0, 12).Draw(r, "users")
		first := rapid.IntRange(0, len(users)).Draw(r, "users of the first run")
		old, fresh := users[:first], users[first:]
		slices.SortFunc(old, byAge)

		var changes []usersync.Change
		var want []*usersync.User
		for _, u := range old {
			switch rapid.SampledFrom([]string{"keep", "keep", "update", "delete"}).Draw(r, "fate") {
			case "keep":
				want = append(want, u)
			case "update":
				u = usertest.UserWithID(u.ID, set).Draw(r, "changed user")
				changes = append(changes, update(u))
				want = append(want, u)
			case "delete":
				changes = append(changes, remove(u))
			}
		}
		for _, u := range fresh {
			changes = append(changes, create(u))
		}
		want = append(want, slices.SortedFunc(slices.Values(fresh), byAge)...)

		var creates []usersync.Change
		for _, u := range old {
			creates = append(creates, create(u))
		}
		runCSV(t, path, set, rapid.Permutation(creates).Draw(r, "first order")...)
		if got := readFile(t, path); !bytes.Equal(got, encodeCSV(t, set, old)) {
			r.Fatalf("after the first run the file is\n%q", got)
		}
		runCSV(t, path, set, rapid.Permutation(changes).Draw(r, "second order")...)
		if got, wanted := readFile(t, path), encodeCSV(t, set, want); !bytes.Equal(got, wanted) {
			r.Fatalf("after the second run the file is\n%q\nwant\n%q", got, wanted)
		}
		if err := os.Remove(path); err != nil {
			r.Fatal(err)
		}
	})
}

func byAge(a, b *usersync.User) int {
	created, _ := usersync.AllFields().Lookup("created_at")
	at := func(u *usersync.User) time.Time { return u.Get(created).(time.Time) }
	return cmp.Or(at(a).Compare(at(b)), bytes.Compare(a.ID[:], b.ID[:]))
}

func encodeCSV(t testing.TB, set usersync.FieldSet, users []*usersync.User) []byte {
	t.Helper()
	text := usersync.AppendRow(nil, usersync.Columns(set))
	for _, u := range users {
		cells, err := u.Cells(set)
		if err != nil {
			t.Fatal(err)
		}
		text = usersync.AppendRow(text, cells)
	}
	return text
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
