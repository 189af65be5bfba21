package userdiff

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	usersync "usersync/sync"
)

// A spool keeps users in a temporary file that only its owner can read, and that
// has no name where the system allows that.
type spool struct {
	file    *os.File
	named   bool
	out     *bufio.Writer
	size    int64
	flushed bool
	line    []byte
}

// An extent is where a user stands in the spool.
type extent struct {
	offset int64
	length int // 0 for nobody
}

func (s *spool) open(dir string) (err error) {
	if s.file, err = os.CreateTemp(dir, "usersync-diff-*"); err != nil {
		return fmt.Errorf("keep who differs: %w", err)
	}
	// So that it is gone however the program ends; not every system can.
	s.named = os.Remove(s.file.Name()) != nil
	s.out = bufio.NewWriter(s.file)
	return nil
}

func (s *spool) add(u *usersync.User, fields usersync.FieldSet) (at extent, err error) {
	if s.line, err = u.AppendJSON(s.line[:0], fields.All()); err != nil {
		return extent{}, err
	}
	if _, err := s.out.Write(s.line); err != nil {
		return extent{}, fmt.Errorf("keep who differs: %w", err)
	}
	at = extent{s.size, len(s.line)}
	s.size += int64(at.length)
	return at, nil
}

// load reads a user; nil for nobody. After it nothing is added.
func (s *spool) load(at extent, fields usersync.FieldSet) (*usersync.User, error) {
	if at.length == 0 {
		return nil, nil //nolint:nilnil // nobody
	}
	if !s.flushed {
		if err := s.out.Flush(); err != nil {
			return nil, fmt.Errorf("keep who differs: %w", err)
		}
		s.flushed = true
	}
	s.line = slices.Grow(s.line[:0], at.length)[:at.length]
	if _, err := s.file.ReadAt(s.line, at.offset); err != nil {
		return nil, fmt.Errorf("read who differs: %w", err)
	}
	return usersync.UserFromJSON(s.line, fields)
}

func (s *spool) close() error {
	err := s.file.Close()
	if s.named {
		if removing := os.Remove(s.file.Name()); !errors.Is(removing, fs.ErrNotExist) {
			err = errors.Join(err, removing)
		}
	}
	return err
}
