package exportfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// A File is a file that nobody sees before it is whole: it stands under another
// name in the same folder until it is committed. Only its owner can read it,
// whatever the umask.
type File struct {
	path    string
	pending *os.File
	packer  io.WriteCloser // nil where nothing is packed
	out     *bufio.Writer
	placed  bool
}

const buffered = 64 << 10

// Create begins a file, to be compressed if its name ends in .gz or .zst. What is
// there under its name, if it is no regular file, is an error.
func Create(path string) (*File, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is there and is no regular file; write - for standard output", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	pending, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", path, err)
	}
	f := &File{path: path, pending: pending}
	if err := f.pack(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// pack prepares what lies between the file and who writes to it.
func (f *File) pack() (err error) {
	if err := f.pending.Chmod(0o600); err != nil {
		return err
	}
	switch strings.ToLower(filepath.Ext(f.path)) {
	case ".gz":
		f.packer = gzip.NewWriter(f.pending)
	case ".zst":
		// One at a time means without goroutines.
		if f.packer, err = zstd.NewWriter(f.pending, zstd.WithEncoderConcurrency(1)); err != nil {
			return err
		}
	default:
		f.out = bufio.NewWriterSize(f.pending, buffered)
		return nil
	}
	f.out = bufio.NewWriterSize(f.packer, buffered)
	return nil
}

// Write adds to the file.
func (f *File) Write(data []byte) (int, error) { return f.out.Write(data) }

// Commit puts the file in its place once it is on disk. After it nothing is
// written.
func (f *File) Commit() error {
	if err := f.out.Flush(); err != nil {
		return err
	}
	if f.packer != nil {
		if err := f.packer.Close(); err != nil {
			return err
		}
	}
	if err := f.pending.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.pending.Name(), f.path); err != nil {
		return err
	}
	f.placed = true
	return syncFolder(filepath.Dir(f.path))
}

// syncFolder makes a renaming last through a power failure.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Close ends it all, and drops a file that was not committed.
func (f *File) Close() error {
	err := f.pending.Close()
	if !f.placed {
		err = errors.Join(err, os.Remove(f.pending.Name()))
	}
	return err
}
