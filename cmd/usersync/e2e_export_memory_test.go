//go:build linux

package main

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	"usersync/migrations/pgtest"
)

var (
	exportUsers    = flag.Int("export-users", 10_000, "how many users the mirror has that is exported while the peak memory is measured")
	exportPatience = flag.Duration("export-patience", patience, "how long that may take")
)

// A mirror is exported in memory that does not grow with it.
func TestExportPeakMemory(t *testing.T) {
	t.Parallel()
	const limit = 120 << 20 // bytes, whatever there is to export
	e, schema := newEmulated(t, 100), pgtest.Schema(t)
	environ := append(e.environ(), "DATABASE_URL="+pgtest.URL(t), "USERSYNC_TO=postgres", "USERSYNC_SCHEMA="+schema, "USERSYNC_FROM=postgres")
	runBinary(t, environ, "sync").wantCode(t, exitOK)
	multiplyUsers(t, schema, *exportUsers)
	path := filepath.Join(t.TempDir(), "users.csv")
	for _, args := range [][]string{{"--out", path}, {"--out", path, "--fields", "sub,email,custom_attributes.*", "--deleted"}} {
		running := startFor(t, *exportPatience, environ, "", append([]string{"export"}, args...)...)
		got := running.wantMemory(t, limit, fmt.Sprintf("export %s of %d users", strings.Join(args[2:], " "), *exportUsers)).wantCode(t, exitOK)
		if !strings.Contains(got.stdout, "Wrote "+counted(*exportUsers, "user")) {
			t.Errorf("%s", got.stdout)
		}
	}
}

// multiplyUsers has a mirror hold as many users, with the values of those it has
// and ids of their own.
func multiplyUsers(t *testing.T, schema string, users int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	table := migrations.Table(schema, "users")
	if _, err = conn.Exec(t.Context(), "create temporary table more as select users.* from "+table+" users, generate_series(1, $1 / (select count(*) from "+table+") + 1) limit $1 - (select count(*) from "+table+")", users); err == nil {
		_, err = conn.Exec(t.Context(), "update more set sub = gen_random_uuid()")
	}
	if err == nil {
		_, err = conn.Exec(t.Context(), "insert into "+table+" select * from more")
	}
	if err != nil {
		t.Fatal(err)
	}
}
