//go:build unix

package sink

import (
	"io/fs"
	"syscall"
)

// What may be wanted of a file, and of a folder.
const (
	canSearch uint32 = 1
	canWrite  uint32 = 2
	canRead   uint32 = 4
)

// accessible asks the system, which knows of more than the permissions that a
// file shows, without touching the file.
func accessible(path string, how uint32) error {
	if err := syscall.Access(path, how); err != nil {
		return &fs.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}
