package soak_test

import (
	"context"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
	"usersync/sink"
	"usersync/source"
	usersync "usersync/sync"
)

// A home is where a mirror lives, for one schedule.
type home interface {
	// open takes the mirror for a run.
	open(ctx context.Context) (heldMirror, error)
	// read yields who is in it and alive.
	read(ctx context.Context) (map[usersync.ID]*usersync.User, error)
	// trace changes whenever a run writes anything but its line in the ledger.
	trace(ctx context.Context) (string, error)
	// leave removes it.
	leave(ctx context.Context) error
}

type heldMirror interface {
	usersync.Mirror
	io.Closer
}

// townFields are those that things happen to.
func townFields() usersync.FieldSet {
	return usersync.FieldsNamed([]string{"created_at", "email", "name", "roles", "disabled", "custom_attributes", "is_anonymized"})
}

type csvHome struct{ path string }

func newCSVHome(t testing.TB) func() home {
	t.Helper()
	folder := t.TempDir()
	return func() home { return csvHome{filepath.Join(folder, cryptorand.Text(), "users.csv")} }
}

func (h csvHome) open(ctx context.Context) (heldMirror, error) {
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return nil, err
	}
	return sink.OpenCSV(ctx, sink.CSVConfig{Path: h.path, Logger: quiet()})
}

func (h csvHome) read(ctx context.Context) (map[usersync.ID]*usersync.User, error) {
	if _, err := os.Stat(h.path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	users := make(map[usersync.ID]*usersync.User)
	for u, err := range source.NewCSV(h.path).Users(ctx, townFields(), new(usersync.Census)) {
		if err != nil {
			return nil, err
		}
		users[u.ID] = u
	}
	return users, nil
}

func (h csvHome) trace(context.Context) (string, error) {
	info, err := os.Stat(h.path)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(h.path)
	return fmt.Sprintf("%v %x", info.ModTime(), sha256.Sum256(content)), err
}

func (h csvHome) leave(context.Context) error { return os.RemoveAll(filepath.Dir(h.path)) }

type postgresHome struct {
	url, schema string
	conn        *pgx.Conn // of the test
}

func newPostgresHome(t testing.TB) func() home {
	t.Helper()
	url, conn := pgtest.URL(t), pgtest.Conn(t)
	return func() home { return postgresHome{url, "soak_" + strings.ToLower(cryptorand.Text()), conn} }
}

func (h postgresHome) open(ctx context.Context) (heldMirror, error) {
	return sink.OpenPostgres(ctx, sink.PostgresConfig{URL: h.url, Schema: h.schema, Migrate: true, Logger: quiet()})
}

func (h postgresHome) read(ctx context.Context) (map[usersync.ID]*usersync.User, error) {
	users := make(map[usersync.ID]*usersync.User)
	for u, err := range source.NewPostgres(h.url, h.schema).Users(ctx, townFields(), new(usersync.Census)) {
		if err != nil {
			return nil, err
		}
		users[u.ID] = u
	}
	return users, nil
}

// trace has the version of every row, which a write moves even where it changes
// nothing.
func (h postgresHome) trace(ctx context.Context) (string, error) {
	schema := pgx.Identifier{h.schema}.Sanitize()
	var trace string
	err := h.conn.QueryRow(ctx, fmt.Sprintf(
		`select coalesce((select md5(string_agg(sub || ' ' || xmin || ' ' || ctid, ',' order by sub)) from %[1]s.users), '') ||
		        (select count(*) from %[1]s.user_changes)`, schema)).Scan(&trace)
	return trace, err
}

func (h postgresHome) leave(ctx context.Context) error {
	_, err := h.conn.Exec(ctx, "drop schema if exists "+pgx.Identifier{h.schema}.Sanitize()+" cascade")
	return err
}
