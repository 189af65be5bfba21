package exportfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// A pending is a file that is to take another's place. It is locked as long as
// somebody writes to it, so that what a killed program left can be told.
type pending struct {
	*os.File

	lock *flock.Flock
}

// pendingPrefix is what the names of those begin with that are to take the path's
// place; digits follow.
func pendingPrefix(path string) string { return "." + filepath.Base(path) + ".usersync-" }

// newPending begins a file that only its owner can read, whatever the umask, once
// what killed programs left of such files is gone.
func newPending(path string) (*pending, error) {
	if err := removeLeft(path); err != nil {
		return nil, err
	}
	// Before it is locked, another program may take it for one that was left. That
	// is rare, and does not go on.
	const tries = 100
	for range tries {
		p, err := tryPending(path)
		if p != nil || err != nil {
			return p, err
		}
	}
	return nil, errors.New("other programs keep taking the file away")
}

// tryPending is nil where another program has taken the file away.
func tryPending(path string) (*pending, error) {
	file, err := os.CreateTemp(filepath.Dir(path), pendingPrefix(path)+"*")
	if err != nil {
		return nil, err
	}
	p := &pending{file, lockOf(file.Name())}
	own, err := file.Stat()
	var locked bool
	if err == nil {
		locked, err = lockAs(p.lock, own)
	}
	if err == nil && !locked {
		return nil, p.close() // whoever has it removes it
	}
	if err == nil {
		err = file.Chmod(0o600)
	}
	if err != nil {
		return nil, errors.Join(err, p.drop())
	}
	return p, nil
}

// lockOf is a lock that does not make the file where there is none.
func lockOf(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDWR)) }

// lockAs locks a file if it still is the one by its name, and nobody else has it
// locked.
func lockAs(lock *flock.Flock, file fs.FileInfo) (locked bool, err error) {
	locked, err = lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !locked {
		return false, err
	}
	now, err := os.Stat(lock.Path())
	held, failed := lock.Stat()
	if err == nil && failed == nil && os.SameFile(now, file) && os.SameFile(held, file) {
		return true, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return false, errors.Join(err, failed, lock.Unlock())
}

// removeLeft removes files that nobody writes to any more.
func removeLeft(path string) error {
	folder := filepath.Dir(path)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrPermission) {
		return nil // one may write to a folder that one may not list
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		number, is := strings.CutPrefix(entry.Name(), pendingPrefix(path))
		if !is || !entry.Type().IsRegular() || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if err := removeFree(filepath.Join(folder, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("remove what a killed program left: %w", err)
		}
	}
	return nil
}

// removeFree removes a file unless somebody writes to it.
func removeFree(path string) error {
	file, err := os.Lstat(path)
	if err != nil {
		return err
	}
	lock := lockOf(path)
	free, err := lockAs(lock, file)
	if err != nil || !free {
		return err
	}
	return errors.Join(os.Remove(path), lock.Unlock())
}

// close lets go of the file, wherever it is by now.
func (p *pending) close() error { return errors.Join(p.Close(), p.lock.Unlock()) }

// drop removes it.
func (p *pending) drop() error { return errors.Join(os.Remove(p.Name()), p.close()) }
