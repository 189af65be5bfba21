package importreport

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// replaceFile writes a file that only its owner can read, whatever the umask, and
// puts it in its place when it is whole and on disk.
func replaceFile(path string, write func(w *bufio.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), partialPrefix(path)+"*")
	if err != nil {
		return err
	}
	err = errors.Join(fill(file, write), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

// partialPrefix is what the name of a file begins with that is to take the path's
// place once it is whole; digits follow.
func partialPrefix(path string) string { return "." + filepath.Base(path) + ".usersync-" }

// RemovePartial removes what a killed run left of the files at the paths, which it
// had not written to their ends. Nobody else may be writing them: it is for whoever
// holds the journal.
func RemovePartial(paths ...string) error {
	for _, path := range paths {
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			return fmt.Errorf("look for parts of %s: %w", path, err)
		}
		for _, entry := range entries {
			number, is := strings.CutPrefix(entry.Name(), partialPrefix(path))
			if !is || !entry.Type().IsRegular() || number == "" || strings.Trim(number, "0123456789") != "" {
				continue
			}
			if err := os.Remove(filepath.Join(filepath.Dir(path), entry.Name())); err != nil {
				return fmt.Errorf("remove a part of %s: %w", path, err)
			}
		}
	}
	return nil
}

func fill(file *os.File, write func(w *bufio.Writer) error) error {
	if err := file.Chmod(0o600); err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Sync()
}

// syncFolder makes a renaming last through a power failure.
func syncFolder(path string) error {
	folder, err := os.Open(path)
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
