package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	usersync "usersync/sync"
)

// CSV reads the users of a file back: a mirror, or an export of usersync's or of
// Authgear's with the names that it gives by itself, compressed by gzip or zstd or
// not. The file must not change while it is read; a run that publishes to it
// meanwhile is no harm, as that replaces the file and does not write into it.
type CSV struct {
	path string
	open func(io.Reader) (*usersync.UserScanner, error)
	// unchecked says that nobody looks whether a user is there twice.
	unchecked bool
}

// NewCSV reads the file at the path, which is opened when users are asked for.
func NewCSV(path string) *CSV { return &CSV{path: path, open: usersync.NewExportScanner} }

// NewGuardedCSV reads a file of which every cell is guarded against formulas, see
// [usersync.NewGuardedScanner].
func NewGuardedCSV(path string) *CSV {
	return &CSV{path: path, open: usersync.NewGuardedScanner}
}

// Unchecked is the same file for whoever finds out without its help whether a user
// is there twice: it yields such a user twice, and remembers nobody.
func (c *CSV) Unchecked() *CSV {
	unchecked := *c
	unchecked.unchecked = true
	return &unchecked
}

// Scope is how much of a user the file has columns for; of attributes that have
// columns of their own, as far as cells tell them apart.
func (c *CSV) Scope(context.Context) (scope usersync.Scope, err error) {
	err = c.scan(func(scanner *usersync.UserScanner) error {
		scope = scanner.Scope().AsCells()
		return nil
	})
	return scope, err
}

// KeepsDeleted says whether the file has a column for who is gone.
func (c *CSV) KeepsDeleted(context.Context) (keeps bool, err error) {
	err = c.scan(func(scanner *usersync.UserScanner) error {
		keeps = scanner.KeepsDeleted()
		return nil
	})
	return keeps, err
}

// Users yields the file's users in the order of its rows. A file that lacks one
// of the fields, has a column that is not a field's, the same user twice, or a
// row that cannot be read exactly, ends with an error that names the file and
// the line, and the column where it can, but no value. It remembers the ids, some
// thirty bytes a user.
//
// The census is complete once the file was read to its end. A file has no count
// of its own, so the census has none either.
func (c *CSV) Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return alive(c.Records(ctx, fields, census))
}

// Records is Users for whoever wants to know of users who are gone, too.
func (c *CSV) Records(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[usersync.Record, error] {
	return func(yield func(usersync.Record, error) bool) {
		census.TotalStart, census.TotalEnd = -1, -1
		err := c.scan(func(scanner *usersync.UserScanner) (err error) {
			census.Complete, err = c.read(ctx, scanner, fields, yield)
			return err
		})
		if err != nil {
			yield(usersync.Record{}, err)
		}
	}
}

// scan has a function read the file. Its error gets the file's name.
func (c *CSV) scan(read func(*usersync.UserScanner) error) error {
	return readText(c.path, func(text io.Reader) error {
		scanner, err := c.open(text)
		if err != nil {
			return err
		}
		return read(scanner)
	})
}

// read yields users until the file's end, an error or the consumer's leave,
// and says whether it came to the end.
func (c *CSV) read(ctx context.Context, scanner *usersync.UserScanner, fields usersync.FieldSet, yield func(usersync.Record, error) bool) (complete bool, err error) {
	if missing := without(fields, scanner.Fields()); len(missing) > 0 {
		return false, fmt.Errorf("no columns for the fields %s", strings.Join(missing, ", "))
	}
	seen := make(map[usersync.ID]struct{})
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		record, row, err := scanner.NextRecord()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if _, twice := seen[record.User.ID]; twice {
			return false, fmt.Errorf("line %d: column sub: user %s is there a second time", row.Line, record.User.ID)
		}
		if !c.unchecked {
			seen[record.User.ID] = struct{}{}
		}
		if !yield(record, nil) {
			return false, nil
		}
	}
}

// without is the names of the fields of one set that another lacks.
func without(set, other usersync.FieldSet) []string {
	var names []string
	for f := range set.All() {
		if _, found := other.Lookup(f.Name); !found {
			names = append(names, f.Name)
		}
	}
	return names
}
