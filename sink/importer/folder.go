package importer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600

	journalName  = "journal.ndjson"
	previousName = "journal.previous.ndjson" // the last one that was put aside
	lockName     = "lock"
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

// Learned is what the unfinished import in the folder found the project to have,
// and nil where there is none to go on with.
func Learned(dir string) (*userimport.Project, error) {
	past, err := readHistory(filepath.Join(dir, journalName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("open journal %s: %w", dir, err)
	case !past.touched() || past.finished:
		return nil, nil
	}
	return past.header.Project, nil
}

// Begun says whether the folder has the journal of an import that has not come to
// its end, as far as can be told.
func Begun(dir string) bool {
	past, err := readHistory(filepath.Join(dir, journalName))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return !past.finished
}
