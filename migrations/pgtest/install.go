//go:build unix

package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// installTime bounds the installation; half a minute is usual.
const installTime = 8 * time.Minute

// noClusterFile has Debian's packages leave out the cluster that they would
// otherwise make and start on a fixed port. It is removed after the installation.
const noClusterFile = "/etc/postgresql-common/createcluster.d/usersync-tests.conf"

// install installs the server with apt-get where that may be done, and is the
// folder of its binaries. Test binaries that run side by side do it once.
func install() (dir string, err error) {
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return "", fmt.Errorf("%w: install the PostgreSQL server (on Debian and Ubuntu: sudo apt-get install postgresql; "+
			"on macOS: brew install postgresql@17), or set %s to the address of one that tests may use", errNoServer, urlVariable)
	}
	ctx, cancel := context.WithTimeout(context.Background(), installTime)
	defer cancel()
	lock := flock.New(filepath.Join(os.TempDir(), "usersync-pgtest-install.lock"))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return "", fmt.Errorf("wait for another installation of PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if dir, err := findBinaries(); err == nil {
		return dir, nil
	}
	fmt.Fprintln(os.Stderr, "pgtest: no PostgreSQL was found; installing it with apt-get")
	if err := aptInstall(ctx, apt, "postgresql"); err != nil {
		return "", fmt.Errorf("install PostgreSQL: %w", err)
	}
	return findBinaries()
}

func aptInstall(ctx context.Context, apt, pkg string) (err error) {
	if err := os.MkdirAll(filepath.Dir(noClusterFile), 0o755); err != nil { //nolint:gosec // it is Debian's own folder, which all can read
		return err
	}
	if err := os.WriteFile(noClusterFile, []byte("create_main_cluster = false\n"), 0o644); err != nil { //nolint:gosec // likewise
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(noClusterFile)) }()
	for _, arguments := range [][]string{
		{"update"},
		{"install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", pkg},
	} {
		command := exec.CommandContext(ctx, apt, arguments...) //nolint:gosec // apt-get, as found on PATH
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		var output bytes.Buffer
		command.Stdout, command.Stderr = &output, &output
		if err := command.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", arguments[0], err, output.String())
		}
	}
	return nil
}
