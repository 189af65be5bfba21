//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// socketPathLimit is how long the name of a unix socket may be on the strictest
// system; the server's is its folder with "/.s.PGSQL.5432".
const socketPathLimit = 103

// An account is whom the server runs as. PostgreSQL refuses to run as root.
type account struct {
	credential *syscall.Credential // nil: as ourselves
}

// unprivileged is ourselves, or where we are root the first of postgres and
// nobody that the machine knows.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return &account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the number of user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the number of the group of user %s: %w", name, err)
		}
		return &account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; run the tests as another user")
}

func (a *account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.credential}
}

// temporaryFolder makes a folder that the account owns and nobody else can read.
// It is in the usual place for temporary files unless the account cannot get
// there, or its name would be too long for a socket in it.
func (a *account) temporaryFolder() (string, error) {
	var problem error
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		var dir string
		if dir, problem = os.MkdirTemp(parent, "usersync-pg-"); problem != nil {
			continue
		}
		if problem = a.take(dir); problem == nil {
			return dir, nil
		}
		if err := os.Remove(dir); err != nil {
			return "", fmt.Errorf("make a folder for the server: %w", err)
		}
	}
	return "", fmt.Errorf("make a folder for the server: %w", problem)
}

func (a *account) take(dir string) error {
	if len(filepath.Join(dir, ".s.PGSQL.5432")) > socketPathLimit {
		return fmt.Errorf("%s is too long a name for a socket in it", dir)
	}
	if a.credential == nil {
		return nil
	}
	for parent := filepath.Dir(dir); parent != "/"; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%s is closed to others", parent)
		}
	}
	return os.Chown(dir, int(a.credential.Uid), int(a.credential.Gid))
}
