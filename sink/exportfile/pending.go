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
	file, err := os.CreateTemp(filepath.Dir(path), pendingPrefix(path)+"*")
	if err != nil {
		return nil, err
	}
	p := &pending{file, flock.New(file.Name())}
	locked, err := p.lock.TryLock()
	if err == nil && !locked {
		err = errors.New("another program has taken the file away")
	}
	if err == nil {
		err = file.Chmod(0o600)
	}
	if err != nil {
		return nil, errors.Join(err, p.drop())
	}
	return p, nil
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
		left := flock.New(filepath.Join(folder, entry.Name()))
		free, err := left.TryLock()
		if err == nil && free {
			err = errors.Join(os.Remove(left.Path()), left.Unlock())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("remove what a killed program left: %w", err)
		}
	}
	return nil
}

// close lets go of the file, wherever it is by now.
func (p *pending) close() error { return errors.Join(p.Close(), p.lock.Unlock()) }

// drop removes it.
func (p *pending) drop() error { return errors.Join(os.Remove(p.Name()), p.close()) }
