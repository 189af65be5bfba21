package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gofrs/flock"

	"usersync/sink/importer"
	"usersync/source/table"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A spool keeps rows that can be read only once, for as long as an import of them
// may have to go on. A mark beside it says that the file is one, and of what: no
// other file is ever read as a spool, or removed. It is locked for as long as a run
// goes on, which has no journal to be known by before it sends.
type spool struct {
	path    string
	journal string // the folder that tells of an import which may have to go on
	source  string // what the rows are of, as the mark keeps it: a digest
	fill    func() (*table.File, error)
	lock    *flock.Flock
}

func (s *spool) mark() string { return s.path + ".spool" }

// A spoolLockedError is [usersync.ErrLocked] of a spool.
type spoolLockedError struct{ path string }

func (e *spoolLockedError) Error() string {
	return "--spool " + e.path + ": another run has it; wait for that to end, or name another spool"
}
func (e *spoolLockedError) Is(target error) bool { return target == usersync.ErrLocked }

// open is the rows, and whether they were read now: they are those of an earlier
// run as long as that may not have come to its end. The spool is this run's alone
// until it is left, or removed.
func (s *spool) open(ctx context.Context, options table.Options) (file *table.File, made bool, err error) {
	if err := s.take(); err != nil {
		return nil, false, err
	}
	if file, made, err = s.rows(ctx, options); err != nil {
		return nil, false, errors.Join(err, s.leave())
	}
	return file, made, nil
}

// take locks the mark, which is made where there is no file to be marked by it.
func (s *spool) take() error {
	_, unmarked := os.Lstat(s.mark())
	if _, err := os.Lstat(s.path); err == nil && unmarked != nil {
		return s.foreign()
	}
	s.lock = flock.New(s.mark(), flock.SetPermissions(0o600))
	held, err := s.lock.TryLock()
	if err != nil {
		return err
	}
	if !held {
		return &spoolLockedError{s.path}
	}
	// The run that had it may just have removed it.
	own, err := s.lock.Stat()
	if err != nil {
		return errors.Join(err, s.leave())
	}
	if now, err := os.Stat(s.mark()); err != nil || !os.SameFile(own, now) {
		return errors.Join(&spoolLockedError{s.path}, s.leave())
	}
	return nil
}

func (s *spool) foreign() error {
	return usageErrorf("--spool %s: there is a file already that is no spool. Name one that does not exist", s.path)
}

func (s *spool) rows(ctx context.Context, options table.Options) (file *table.File, made bool, err error) {
	if _, err := os.Lstat(s.path); errors.Is(err, fs.ErrNotExist) {
		file, err := s.begin()
		return file, true, err
	}
	marked, err := os.ReadFile(s.mark())
	if err != nil {
		return nil, false, err
	}
	if len(marked) == 0 { // it was made for a spool that then was none
		return nil, false, s.foreign()
	}
	if !importer.Begun(s.journal) {
		if err := os.Remove(s.path); err != nil { // nothing was sent of it
			return nil, false, err
		}
		file, err := s.begin()
		return file, true, err
	}
	if string(marked) != s.source {
		return nil, false, usageErrorf("--spool %s holds the rows of another source, whose import has not come to its end. Finish that one with the same command, or name another spool", s.path)
	}
	file, err = table.Open(ctx, s.path, options)
	return file, false, err
}

func (s *spool) begin() (*table.File, error) {
	if err := os.WriteFile(s.mark(), []byte(s.source), 0o600); err != nil {
		return nil, err
	}
	file, err := s.fill()
	if err != nil {
		return nil, errors.Join(err, os.Remove(s.mark()))
	}
	return file, nil
}

// leave lets other runs have the spool.
func (s *spool) leave() error { return s.lock.Close() }

// remove removes rows that are not needed any more, and leaves the spool.
func (s *spool) remove(file *table.File) error {
	err := file.Remove()
	if err == nil {
		err = os.Remove(s.mark()) //nolint:gosec // the mark of the spool that this run read
	}
	return errors.Join(err, s.leave())
}

// sourceDigest stands for where rows are from, without telling it.
func sourceDigest(parts ...string) string {
	return userimport.DigestOf(fmt.Appendf(nil, "%q", parts)).String()
}
