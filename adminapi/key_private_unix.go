//go:build unix

package adminapi

import (
	"io/fs"
	"os"
	"syscall"
)

// PrivateFile says whether a file that holds a secret keeps it from other users
// of the machine. A file of the superuser's may be read by its group: so service
// managers and container platforms hand secrets to programs that do not run as
// root. Any other must be closed to all but its owner. (libpq has the same rule.)
func PrivateFile(info fs.FileInfo) bool {
	owner := os.Geteuid()
	if stat, known := info.Sys().(*syscall.Stat_t); known {
		owner = int(stat.Uid)
	}
	return isPrivate(info.Mode().Perm(), owner, os.Geteuid())
}

func isPrivate(mode fs.FileMode, owner, self int) bool {
	if owner == 0 && self != 0 {
		return mode&0o037 == 0
	}
	return mode&0o077 == 0
}
