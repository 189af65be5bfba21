package userdiff

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A spool is a temporary file that only its owner can read, and that has no name
// where the system allows that.
type spool struct {
	*os.File

	named bool
	size  int64
}

func newSpool(dir string) (*spool, error) {
	file, err := os.CreateTemp(dir, "usersync-diff-*")
	if err != nil {
		return nil, fmt.Errorf("begin a temporary file: %w", err)
	}
	// So that it is gone however the program ends; not every system can.
	return &spool{File: file, named: os.Remove(file.Name()) != nil}, nil
}

// Write adds to the file's end.
func (s *spool) Write(data []byte) (int, error) {
	n, err := s.File.Write(data)
	s.size += int64(n)
	return n, err
}

func (s *spool) close() error {
	err := s.Close()
	if s.named {
		if removing := os.Remove(s.Name()); !errors.Is(removing, fs.ErrNotExist) {
			err = errors.Join(err, removing)
		}
	}
	return err
}
