package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	usersync "usersync/sync"
)

// CSV reads a mirror file back. The file must not change while it is read; a run
// that publishes to it meanwhile is no harm, as that replaces the file and does
// not write into it.
type CSV struct {
	path string
}

// NewCSV reads the file at the path, which is opened when users are asked for.
func NewCSV(path string) *CSV { return &CSV{path: path} }

// Users yields the file's users in the order of its rows. A file that lacks one
// of the fields, has a column that is not a field's, the same user twice, or a
// row that cannot be read exactly, ends with an error that names the file and
// the line, and the column where it can, but no value. It remembers the ids, some
// thirty bytes a user.
//
// The census is complete once the file was read to its end. A file has no count
// of its own, so the census has none either.
func (c *CSV) Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return func(yield func(*usersync.User, error) bool) {
		census.TotalStart, census.TotalEnd = -1, -1
		file, err := os.Open(c.path)
		if err != nil {
			yield(nil, fmt.Errorf("read users from a file: %w", err))
			return
		}
		defer file.Close() //nolint:errcheck // nothing was written
		census.Complete, err = readCSV(ctx, file, fields, yield)
		if err != nil {
			yield(nil, fmt.Errorf("read users from %s: %w", c.path, err))
		}
	}
}

// readCSV yields users until the file's end, an error or the consumer's leave,
// and says whether it came to the end.
func readCSV(ctx context.Context, file io.Reader, fields usersync.FieldSet, yield func(*usersync.User, error) bool) (complete bool, err error) {
	scanner, err := usersync.NewUserScanner(file)
	if err != nil {
		return false, err
	}
	if missing := without(fields, scanner.Fields()); len(missing) > 0 {
		return false, fmt.Errorf("no columns for the fields %s", strings.Join(missing, ", "))
	}
	seen := make(map[usersync.ID]struct{})
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		u, row, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if _, twice := seen[u.ID]; twice {
			return false, fmt.Errorf("line %d: column sub: user %s is there a second time", row.Line, u.ID)
		}
		seen[u.ID] = struct{}{}
		if !yield(u, nil) {
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
