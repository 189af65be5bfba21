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
	"syscall"

	"github.com/klauspost/compress/zstd"
)

// A File is a file that nobody sees before it is whole: it stands under another
// name in the same folder until it is committed. Only its owner can read it,
// whatever the umask. What a program leaves that is killed meanwhile, the next one
// to write the same file removes.
type File struct {
	path    string
	pending *pending
	packer  io.WriteCloser // nil where nothing is packed
	out     *bufio.Writer
	placed  bool
}

const buffered = 64 << 10

// Create begins a file, to be compressed if its name ends in .gz or .zst. It takes
// the place of one that is there under its name, or that a link of this name leads
// to; what is no regular file is an error.
func Create(name string) (*File, error) {
	path := name
	if target, err := filepath.EvalSymlinks(name); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is there and is no regular file; write - for standard output", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	pending, err := newPending(path)
	if err != nil {
		if failure, is := errors.AsType[*fs.PathError](err); is {
			err = failure.Err // the name that was tried is nobody's business
		}
		return nil, fmt.Errorf("begin %s in the folder %s: %w", filepath.Base(path), filepath.Dir(path), err)
	}
	f := &File{path: path, pending: pending}
	if err := f.pack(name); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// pack prepares what lies between the file and who writes to it.
func (f *File) pack(name string) (err error) {
	switch strings.ToLower(filepath.Ext(name)) {
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

// Close ends it all, and drops a file that was not committed.
func (f *File) Close() error {
	if !f.placed {
		return f.pending.drop()
	}
	return f.pending.close()
}
