package source_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"usersync/migrations"
	"usersync/migrations/database"
	"usersync/migrations/pgtest"
	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/usertest"
)

// A mirror in a schema of the test's own, written by hand.
type mirror struct {
	conn        *pgx.Conn
	url, schema string
}

func newMirror(t *testing.T) mirror {
	t.Helper()
	m := mirror{conn: pgtest.Conn(t), url: pgtest.URL(t), schema: pgtest.Schema(t)}
	if _, _, err := migrations.Up(t.Context(), m.conn, m.schema); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m mirror) execute(t testing.TB, sql string, arguments ...any) {
	t.Helper()
	names := strings.NewReplacer("USERS", migrations.Table(m.schema, "users"), "MIRROR", migrations.Table(m.schema, "mirror"))
	if _, err := m.conn.Exec(t.Context(), names.Replace(sql), arguments...); err != nil {
		t.Fatal(err)
	}
}

// publish says which fields the mirror holds and writes the users into it.
func (m mirror) publish(t testing.TB, fields usersync.FieldSet, users ...*usersync.User) {
	t.Helper()
	m.execute(t, "update MIRROR set fields = $1, fingerprint_version = 1, generation = 1", fields.Names())
	for _, user := range users {
		object, err := user.AppendJSON(nil, fields.All())
		if err != nil {
			t.Fatal(err)
		}
		m.execute(t, `insert into USERS select * from jsonb_populate_record(null::USERS, $1::jsonb ||
			'{"_row_hash": "", "_first_seen_at": "2026-01-01T00:00:00Z", "_changed_at": "2026-01-01T00:00:00Z"}')`, object)
	}
}

func (m mirror) source() *source.Postgres { return source.NewPostgres(m.url, m.schema) }

func collect(ctx context.Context, s *source.Postgres, fields usersync.FieldSet) (users []*usersync.User, census usersync.Census, err error) {
	for user, err := range s.Users(ctx, fields, &census) {
		if err != nil {
			return users, census, err
		}
		users = append(users, user)
	}
	return users, census, nil
}

func TestPostgresReadsBackAnyUsersInOrder(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	all := usersync.AllFields()
	created, _ := all.Lookup("created_at")
	rapid.Check(t, func(r *rapid.T) {
		users := usertest.Users(all, 0, 5).Draw(r, "users")
		m.execute(t, "truncate USERS")
		m.publish(t, all, users...)
		got, census, err := collect(t.Context(), m.source(), all)
		if err != nil {
			r.Fatal(err)
		}
		if len(got) != len(users) || census.TotalStart != len(users) || census.TotalEnd != len(users) {
			r.Fatalf("%d users, census %+v, want %d", len(got), census, len(users))
		}
		slices.SortFunc(users, func(a, b *usersync.User) int {
			order := a.Get(created).(time.Time).Compare(b.Get(created).(time.Time))
			if order == 0 {
				order = bytes.Compare(a.ID[:], b.ID[:])
			}
			return order
		})
		for i, user := range users {
			if got[i].ID != user.ID {
				r.Fatalf("place %d has user %s, want %s", i, got[i].ID, user.ID)
			}
			for _, f := range usersync.Diff(user, got[i], all) {
				r.Fatalf("%s is %q, want %q", f.Name, got[i].Get(f), user.Get(f))
			}
		}
	})
}

func TestPostgresLeavesOutWhoIsGone(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	fields := usersync.FieldsNamed([]string{"created_at", "email"})
	users := usertest.Users(fields, 3, 3).Example(1)
	m.publish(t, fields, users...)
	m.execute(t, "update USERS set _deleted_at = now() where sub = $1", [16]byte(users[0].ID))

	got, census, err := collect(t.Context(), m.source(), fields)
	if err != nil || len(got) != 2 || census.TotalStart != 2 {
		t.Fatalf("%d users, census %+v, %v", len(got), census, err)
	}
	s := m.source()
	unknown := usersync.ID{9}
	found, err := s.Lookup(t.Context(), []usersync.ID{users[2].ID, users[0].ID, unknown, users[1].ID}, fields)
	if err != nil || len(found) != 4 || found[1] != nil || found[2] != nil {
		t.Fatalf("looked up %v, %v", found, err)
	}
	for place, want := range map[int]*usersync.User{0: users[2], 3: users[1]} {
		if found[place] == nil || usersync.FingerprintOf(found[place], fields) != usersync.FingerprintOf(want, fields) {
			t.Errorf("place %d is not user %s", place, want.ID)
		}
	}
	if requests, retries := s.Traffic(); requests != 1 || retries != 0 {
		t.Errorf("traffic %d, %d", requests, retries)
	}
}

func TestPostgresMayBeReadInPart(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	all := usersync.AllFields()
	m.publish(t, all, usertest.Users(all, 4, 4).Example(2)...)
	few := usersync.FieldsNamed([]string{"created_at", "name"})
	for user, err := range m.source().Users(t.Context(), few, &usersync.Census{}) {
		if err != nil {
			t.Fatal(err)
		}
		for f := range all.All() {
			if _, asked := few.Lookup(f.Name); !asked && user.Has(f) {
				t.Errorf("%s has a value", f.Name)
			}
		}
		break
	}
}

func TestPostgresErrors(t *testing.T) {
	t.Parallel()
	few := usersync.FieldsNamed([]string{"created_at", "name"})
	users := usertest.Users(few, 2, 2).Example(3)
	for name, test := range map[string]struct {
		prepare func(mirror) *source.Postgres
		says    []string
	}{
		"no tables":     {func(m mirror) *source.Postgres { return source.NewPostgres(m.url, "nowhere at all") }, []string{"nowhere at all", "usersync sync"}},
		"a wrong name":  {func(m mirror) *source.Postgres { return source.NewPostgres(m.url, "pg_mine") }, []string{"pg_mine"}},
		"not published": {mirror.source, []string{"no run of usersync has published", "usersync sync"}},
		"fields it does not hold": {func(m mirror) *source.Postgres {
			m.publish(t, usersync.FieldsNamed([]string{"created_at"}), users...)
			return m.source()
		}, []string{"does not hold name"}},
		"a row changed by hand": {func(m mirror) *source.Postgres {
			m.publish(t, few, users...)
			m.execute(t, "update USERS set created_at = 'infinity' where sub = $1", [16]byte(users[1].ID))
			return m.source()
		}, []string{users[1].ID.String(), "created_at"}},
		"older tables": {func(m mirror) *source.Postgres {
			m.execute(t, "update "+migrations.Table(m.schema, "mirror_version")+" set version = 1")
			return m.source()
		}, []string{"usersync migrate up"}},
		"nobody there": {func(mirror) *source.Postgres {
			return source.NewPostgres("postgres://ann:s3cret@/x?host=/nowhere", "usersync")
		}, []string{"/nowhere"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.prepare(newMirror(t))
			_, _, err := collect(t.Context(), s, few)
			if err == nil {
				t.Fatal("no error")
			}
			_, lookup := s.Lookup(t.Context(), []usersync.ID{users[1].ID}, few)
			for _, part := range test.says {
				if !strings.Contains(err.Error(), part) || lookup == nil || !strings.Contains(lookup.Error(), part) {
					t.Errorf("they do not say %q: %v; %v", part, err, lookup)
				}
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("it shows the password: %v", err)
			}
		})
	}
}

func TestPostgresEndsWithTheContext(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	fields := usersync.FieldsNamed([]string{"created_at"})
	m.publish(t, fields)
	m.execute(t, `insert into USERS (sub, created_at, _row_hash, _first_seen_at, _changed_at)
		select gen_random_uuid(), now(), '', now(), now() from generate_series(1, 50000)`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read := 0
	for _, err := range m.source().Users(ctx, fields, &usersync.Census{}) {
		if err != nil {
			var explained *database.Error
			if !errors.Is(err, context.Canceled) || errors.As(err, &explained) {
				t.Errorf("error %v", err)
			}
			return
		}
		if read++; read == 10 {
			cancel()
		}
	}
	t.Errorf("%d users were read to the end", read)
}
