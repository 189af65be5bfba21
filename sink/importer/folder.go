package importer

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	usersync "usersync/sync"
)

const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600

	lockName = "lock"
)

// A logFile is what the journal is written to.
type logFile interface {
	io.Writer
	Sync() error
	Close() error
}

// openFile opens a file that exists for adding to it.
type openFile func(path string) (logFile, error)

func openOnDisk(path string) (logFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, fileMode)
}

// A lockedError is [usersync.ErrLocked] in this folder's words.
type lockedError struct{}

func (lockedError) Error() string        { return "another run has it; wait for that to end" }
func (lockedError) Is(target error) bool { return target == usersync.ErrLocked }

// takeFolder makes the folder and takes its lock, which the end of the program
// gives back however that ends.
func takeFolder(dir string) (*flock.Flock, error) {
	switch err := os.Mkdir(dir, folderMode); {
	case err == nil:
		if err := syncFolder(filepath.Dir(dir)); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(fileMode))
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, err
	case !held:
		return nil, lockedError{}
	}
	return lock, nil
}

// prepare makes the file and cuts off what was torn, both to last.
func prepare(path string, size int64) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Truncate(size), file.Sync(), file.Close()); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder has what was made in a folder last.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil // things can be made in it, and it cannot be read
	}
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil // such a file system has no way to
	}
	return errors.Join(err, folder.Close())
}
