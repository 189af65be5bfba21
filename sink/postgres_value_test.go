package sink_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"usersync/migrations/pgtest"
	usersync "usersync/sync"
)

func TestPostgresNamesUserAndFieldOfWhatItCannotHold(t *testing.T) {
	t.Parallel()
	all := usersync.AllFields()
	good := somebody(all, 1, 1)[0]
	for name, test := range map[string]struct {
		field string
		value any
		says  string
	}{
		"NUL in a text":          {"email", "ann-private\x00", "U+0000"},
		"NUL in a role":          {"roles", []string{"ok", "ann-private\x00"}, "U+0000"},
		"NUL in JSON":            {"custom_attributes", map[string]any{"a": []any{"ann-private\x00"}}, "U+0000"},
		"NUL in a key":           {"custom_attributes", map[string]any{"ann-private\x00": true}, "U+0000"},
		"NUL in a list":          {"identities", []any{map[string]any{"a": "ann-private\x00"}}, "U+0000"},
		"not UTF-8":              {"name", "ann-private\xff", "UTF-8"},
		"a number too long":      {"other_attributes", map[string]any{"ann-private": json.Number("1e131072")}, "digits"},
		"a number too short":     {"other_attributes", map[string]any{"ann-private": json.Number("1e-16384")}, "digits"},
		"an impossible exponent": {"other_attributes", map[string]any{"ann-private": json.Number("1e99999999999999999999")}, "digits"},
		"the year 0":             {"last_login_at", time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC), "years 1 to 9999"},
		"the year 10000":         {"last_login_at", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "years 1 to 9999"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			mirror := openPostgres(t, p.config())
			defer closeMirror(t, mirror)
			bad := with(good, test.field, test.value)
			err := begin(t.Context(), mirror, newStart(firstStart, all), creates(bad))
			if err == nil {
				t.Fatal("it was staged")
			}
			for _, part := range []string{bad.ID.String(), "field " + test.field, test.says} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("it does not say %q: %v", part, err)
				}
			}
			if strings.Contains(err.Error(), "ann-private") {
				t.Errorf("it shows the value: %v", err)
			}
		})
	}
}

// What is taken for too long a number must be exactly what the server refuses.
func TestPostgresNumbersAreRefusedAsTheServerDoes(t *testing.T) {
	t.Parallel()
	all := usersync.AllFields()
	p := newPlace(t)
	mirror := openPostgres(t, p.config())
	t.Cleanup(func() { closeMirror(t, mirror) })
	if err := begin(t.Context(), mirror, newStart(firstStart, all), nil); err != nil {
		t.Fatal(err)
	}
	server := pgtest.Conn(t)
	good := somebody(all, 1, 1)[0]
	near := rapid.Custom(func(t *rapid.T) string {
		edge := rapid.SampledFrom([]int{0, -16383, 131071}).Draw(t, "edge")
		return strings.Join([]string{
			rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign"),
			rapid.SampledFrom([]string{"0", "1", "12", "120"}).Draw(t, "whole"),
			rapid.SampledFrom([]string{"", ".0", ".5", ".05", ".00", ".250"}).Draw(t, "fraction"),
			rapid.SampledFrom([]string{"e", "E"}).Draw(t, "e"),
			strconv.Itoa(rapid.IntRange(edge-4, edge+4).Draw(t, "exponent")),
		}, "")
	})
	rapid.Check(t, func(r *rapid.T) {
		literal := near.Draw(r, "number")
		_, err := server.Exec(t.Context(), "select $1::text::jsonb", literal)
		var refused *pgconn.PgError
		if err != nil && !errors.As(err, &refused) {
			r.Fatal(err)
		}
		user := with(good, "other_attributes", map[string]any{"n": json.Number(literal)})
		if staged := mirror.Stage(t.Context(), creates(user)); (staged == nil) != (refused == nil) {
			r.Fatalf("%s: staging %v, the server %v", literal, staged, refused)
		}
	})
}

// Rows that others wrote into the mirror do not stop a run that can do without
// them, and are named where it cannot.
func TestPostgresRowsWrittenByHand(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	users := somebody(all, 3, 2)
	publishAt(t, p, firstStart, all, creates(users...)...)
	execute(t, p, "update "+p.table("users")+" set _row_hash = 'short', birthdate = 'changed by hand' where sub = $1", [16]byte(users[0].ID))
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	if _, err := mirror.Holds(t.Context()); err != nil {
		t.Fatal(err)
	}
	for known, err := range mirror.Known(t.Context(), all, false) {
		if err != nil {
			t.Fatal(err)
		}
		if same := known.Fingerprint == usersync.FingerprintOf(users[1], all); same != (known.ID == users[1].ID) {
			t.Errorf("user %s has the fingerprint of the other, or not its own", known.ID)
		}
	}
	execute(t, p, "update "+p.table("users")+" set last_login_at = 'infinity' where sub = $1", [16]byte(users[0].ID))
	_, err := mirror.Load(t.Context(), []usersync.ID{users[0].ID})
	if err == nil || !strings.Contains(err.Error(), users[0].ID.String()) || !strings.Contains(err.Error(), "last_login_at") {
		t.Errorf("load: %v", err)
	}
}

func TestPostgresLoadOfSomebodyWhoIsNotThere(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	users := somebody(all, 4, 1)
	publishAt(t, p, firstStart, all, creates(users...)...)
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	if _, err := mirror.Holds(t.Context()); err != nil {
		t.Fatal(err)
	}
	missing := usersync.ID{9}
	if _, err := mirror.Load(t.Context(), []usersync.ID{users[0].ID, missing}); err == nil || !strings.Contains(err.Error(), missing.String()) {
		t.Errorf("load: %v", err)
	}
}

// A mirror whose fingerprints were made otherwise says so and makes them anew.
func TestPostgresFingerprintsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	users := somebody(all, 5, 3)
	publishAt(t, p, firstStart, all, creates(users...)...)
	execute(t, p, "update "+p.table("mirror")+" set fingerprint_version = 0")
	execute(t, p, "update "+p.table("users")+" set _row_hash = 'of another version'")
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	if held, err := mirror.Holds(t.Context()); err != nil || !held.Stale || !held.Published {
		t.Errorf("holds %+v, %v", held, err)
	}
	want := make(map[usersync.ID]usersync.Fingerprint)
	for _, user := range users {
		want[user.ID] = usersync.FingerprintOf(user, all)
	}
	for known, err := range mirror.Known(t.Context(), all, false) {
		if err != nil || known.Fingerprint != want[known.ID] {
			t.Errorf("user %s: another fingerprint, or %v", known.ID, err)
		}
		delete(want, known.ID)
	}
	if len(want) > 0 {
		t.Errorf("%d users are not known", len(want))
	}
}
