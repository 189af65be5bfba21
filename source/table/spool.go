package table

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Spool copies what can be read only once, such as standard input, to a new file
// that nobody else may read, and opens it. The file gets its name when it is
// whole and on disk, so that what a killed program leaves is never taken for a
// spool; until then it is path.partial, which the next Spool to the same path
// replaces.
//
// A spool that is there already holds the rows of an import that has not ended:
// it is left alone, and the error wraps [fs.ErrExist]. So the caller tries [Open]
// first, and Spool where that says [fs.ErrNotExist]. Where the copy has no table,
// it is removed.
func Spool(ctx context.Context, r io.Reader, path string, options Options) (*File, error) {
	return spool(ctx, path, options, func(w io.Writer) error { return copyUntil(ctx, w, r) })
}

// Remove closes the file and removes it: for a spool, when its import has ended.
func (f *File) Remove() error { return errors.Join(f.Close(), os.Remove(f.path)) }

func spool(ctx context.Context, path string, options Options, fill func(io.Writer) error) (*File, error) {
	if err := fillSpool(path, fill); err != nil {
		return nil, fmt.Errorf("spool to %s: %w", path, err)
	}
	file, err := Open(ctx, path, options)
	if err != nil && ctx.Err() == nil {
		err = errors.Join(err, os.Remove(path))
	}
	return file, err
}

func fillSpool(path string, fill func(io.Writer) error) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return err
	}
	partial := path + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := fillFile(file, fill); err != nil {
		return errors.Join(err, removeIfSame(partial, file), file.Close())
	}
	// Another program may have put its own, unfinished one in this one's place.
	same, err := isSame(partial, file)
	if err != nil || !same {
		return errors.Join(err, fmt.Errorf("something else replaced %s", partial), file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(partial, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func fillFile(file *os.File, fill func(io.Writer) error) error {
	out := bufio.NewWriterSize(file, 256<<10)
	if err := fill(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Sync()
}

func isSame(path string, file *os.File) (bool, error) {
	mine, err := file.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(path)
	if err != nil {
		return false, err
	}
	return os.SameFile(mine, there), nil
}

func removeIfSame(path string, file *os.File) error {
	if same, err := isSame(path, file); err != nil || !same {
		return err
	}
	return os.Remove(path)
}

// syncFolder makes a rename last through a power cut.
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

// copyUntil copies to the reader's end, or returns when the context ends, though
// the reader may be waiting for somebody to type.
func copyUntil(ctx context.Context, w io.Writer, r io.Reader) error {
	pieces := make(chan piece)
	left := make(chan struct{})
	defer close(left)
	go readPieces(r, pieces, left)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-pieces:
			if _, err := w.Write(p.data); err != nil {
				return err
			}
			if errors.Is(p.err, io.EOF) {
				return nil
			}
			if p.err != nil {
				return p.err
			}
		}
	}
}

// A piece is what one reading gave.
type piece struct {
	data []byte
	err  error
}

// readPieces reads until an error or until its reader has left. A piece is good
// until the one after the next: its buffers are two.
func readPieces(r io.Reader, pieces chan<- piece, left <-chan struct{}) {
	var buffers [2][64 << 10]byte
	for i := 0; ; i++ {
		buffer := buffers[i%2][:]
		n, err := r.Read(buffer)
		select {
		case pieces <- piece{data: buffer[:n], err: err}:
		case <-left:
			return
		}
		if err != nil {
			return
		}
	}
}
