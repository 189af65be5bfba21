package importreport

import (
	"bufio"
	"errors"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// replaceFile writes a file that only its owner can read, whatever the umask, and
// puts it in its place when it is whole and on disk.
func replaceFile(path string, write func(w *bufio.Writer) error) (err error) {
	file, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(0o600), renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Cleanup()) }() // of what was not put in place
	w := bufio.NewWriterSize(file, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}
