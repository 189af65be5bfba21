package importreport

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
)

// replaceFile writes a file that only its owner can read, whatever the umask, and
// puts it in its place when it is whole and on disk.
func replaceFile(path string, write func(w *bufio.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
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
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
