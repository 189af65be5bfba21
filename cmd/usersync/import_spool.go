package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"usersync/sink/importer"
	"usersync/source/table"
	"usersync/sync/userimport"
)

// A spool keeps rows that can be read only once, for as long as an import of them
// may have to go on. A mark beside it says that the file is one, and of what: no
// other file is ever read as a spool, or removed.
type spool struct {
	path    string
	journal string // the folder that tells of an import which may have to go on
	source  string // what the rows are of, as the mark keeps it: a digest
	fill    func() (*table.File, error)
}

func (s *spool) mark() string { return s.path + ".spool" }

// open is the rows, and whether they were read now: they are those of an earlier
// run as long as that may not have come to its end.
func (s *spool) open(ctx context.Context, options table.Options) (file *table.File, made bool, err error) {
	if _, err := os.Lstat(s.path); errors.Is(err, fs.ErrNotExist) {
		file, err := s.begin()
		return file, true, err
	}
	marked, err := os.ReadFile(s.mark())
	if err != nil {
		return nil, false, usageErrorf("--spool %s: there is a file already that is no spool. Name one that does not exist", s.path)
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

// removeSpool removes rows that are not needed any more.
func removeSpool(file *table.File, path string) error {
	if err := file.Remove(); err != nil {
		return err
	}
	return os.Remove(path + ".spool") //nolint:gosec // the mark of the spool that this run read
}

// sourceDigest stands for where rows are from, without telling it.
func sourceDigest(parts ...string) string {
	return userimport.DigestOf(fmt.Appendf(nil, "%q", parts)).String()
}
