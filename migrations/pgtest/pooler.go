//go:build unix

package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
)

// poolerPort is part of the name of the pooler's socket, and no port of the machine's.
const poolerPort = 6432

// Pooler is the address of a PgBouncer before the server of [URL], in one of its
// modes (session, transaction, statement) and with so many of the server's
// sessions. It is gone after the test. Where there is no PgBouncer and none may
// be installed, the test is skipped.
func Pooler(t testing.TB, mode string, sessions int) string {
	t.Helper()
	binary, err := findPooler()
	if err != nil {
		t.Skipf("pgtest: %v", err)
	}
	account, err := unprivileged()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	dir, err := account.temporaryFolder()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	server, err := pgx.ParseConfig(URL(t))
	if err != nil {
		t.Fatal("pgtest: TEST_DATABASE_URL must have the form postgres://…")
	}
	target := fmt.Sprintf("host='%s' port=%d dbname='%s' user='%s'", server.Host, server.Port, server.Database, server.User)
	if server.Password != "" {
		target += " password='" + server.Password + "'" // an empty one would be refused
	}
	file := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\npooled = %s\n"+
		"[pgbouncer]\nlisten_addr =\nlisten_port = %d\nunix_socket_dir = %s\nauth_type = any\npool_mode = %s\ndefault_pool_size = %d\n"+
		"server_tls_sslmode = prefer\nignore_startup_parameters = extra_float_digits\n",
		target, poolerPort, dir, mode, sessions)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	if account.credential != nil {
		if err := os.Chown(file, int(account.credential.Uid), int(account.credential.Gid)); err != nil {
			t.Fatalf("pgtest: %v", err)
		}
	}
	address := (&url.URL{
		Scheme: "postgres", User: url.User("anybody"), Path: "/pooled",
		RawQuery: url.Values{"host": {dir}, "port": {strconv.Itoa(poolerPort)}}.Encode(),
	}).String()
	startPooler(t, account, address, binary, file)
	return address
}

func startPooler(t testing.TB, account *account, address, binary, file string) {
	t.Helper()
	command := exec.Command(binary, "--quiet", file) //nolint:gosec // PgBouncer, as found on PATH
	command.Dir = filepath.Dir(file)
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	command.SysProcAttr = account.attributes()
	dieWithParent(command.SysProcAttr)
	process, err := startProcess(command)
	if err != nil {
		t.Fatalf("pgtest: start pooler: %v", err)
	}
	t.Cleanup(func() {
		if err := process.end(syscall.SIGTERM); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			if err := conn.Close(ctx); err != nil {
				t.Fatalf("pgtest: start pooler: %v", err)
			}
			return
		}
		select {
		case <-process.ended:
			t.Fatalf("pgtest: start pooler: it ended at once:\n%s", log.String())
		case <-ctx.Done():
			t.Fatalf("pgtest: start pooler: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func findPooler() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if binary, err := exec.LookPath(name); err == nil {
			return binary, nil
		}
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return "", errors.New("there is no PgBouncer to try this with (on Debian and Ubuntu: sudo apt-get install pgbouncer)")
	}
	return installPooler(apt)
}

// installPooler installs PgBouncer, once for all test binaries that run side by
// side. Debian starts it as a service where services are, on a port of its own.
func installPooler(apt string) (binary string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), installTime)
	defer cancel()
	lock := flock.New(filepath.Join(os.TempDir(), "usersync-pgtest-install.lock"))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", fmt.Errorf("wait for another installation: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := aptInstall(ctx, apt, "pgbouncer"); err != nil {
		return "", fmt.Errorf("install PgBouncer: %w", err)
	}
	return exec.LookPath("/usr/sbin/pgbouncer")
}
