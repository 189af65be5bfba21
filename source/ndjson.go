package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	usersync "usersync/sync"
)

// NDJSON reads the users of a file in the form of Authgear's NDJSON export: a JSON
// object a line, compressed by gzip or zstd or not. Second factors (mfa) are
// passed over, as they hold secrets. The file must not change while it is read.
type NDJSON struct {
	path string
}

// NewNDJSON reads the file at the path, which is opened when users are asked for.
func NewNDJSON(path string) *NDJSON { return &NDJSON{path: path} }

// scopeLines are how many lines are looked at for a null before a file is taken
// to leave out what users do not have.
const scopeLines = 1000

// Scope is which fields the file tells of. A whole export leaves out what a user
// does not have, so that a field which nobody has cannot be seen in it; it is
// known by what exports never leave out, booleans and counts. Then the file tells
// of all fields of Authgear's export, or of all that usersync knows. Exports of
// chosen fields have null where a user has nothing. Of such a file, and of any
// other, it is the fields that any line has a key for, for which it is read to its
// end.
func (n *NDJSON) Scope(ctx context.Context) (usersync.Scope, error) {
	var first, seen usersync.FieldSet
	begun, chosen := false, false
	err := n.lines(ctx, func(number int, line []byte) (bool, error) {
		keys, null, err := usersync.ExportKeys(line)
		if err != nil {
			return false, err
		}
		if !begun {
			begun, first = true, keys
		}
		seen = seen.Union(keys)
		chosen = chosen || null || !hasAll(first, usersync.ExportedFields())
		return chosen || number < scopeLines, nil
	})
	switch {
	case err != nil:
		return usersync.Scope{}, err
	case chosen:
		return usersync.Whole(seen), nil
	case hasAll(first, usersync.AllFields()):
		return usersync.Whole(usersync.AllFields()), nil
	default:
		return usersync.Whole(usersync.ExportedFields()), nil
	}
}

// hasAll says whether a line has the keys that an export of some fields never
// leaves out.
func hasAll(line, exported usersync.FieldSet) bool {
	for f := range exported.All() {
		_, found := line.Lookup(f.Name)
		if !found && (f.Kind == usersync.Bool || f.Kind == usersync.Int || f.Name == "created_at") {
			return false
		}
	}
	return true
}

// Users yields the file's users in the order of its lines, with all fields that
// the lines have. Authgear's exports may have the same user twice, and so may what
// is yielded. A line that cannot be read exactly ends it with an error that names
// the file, the line and the key, but no value. The census is complete once the
// file was read to its end; it has no totals.
func (n *NDJSON) Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return alive(n.Records(ctx, fields, census))
}

// Records is Users for whoever wants to know of users who are gone, too.
func (n *NDJSON) Records(ctx context.Context, _ usersync.FieldSet, census *usersync.Census) iter.Seq2[usersync.Record, error] {
	return func(yield func(usersync.Record, error) bool) {
		census.TotalStart, census.TotalEnd = -1, -1
		left := false
		err := n.lines(ctx, func(_ int, line []byte) (bool, error) {
			record, err := usersync.ParseExport(line)
			if err != nil {
				return false, err
			}
			left = !yield(record, nil)
			return !left, nil
		})
		if err != nil {
			yield(usersync.Record{}, err)
			return
		}
		census.Complete = !left
	}
}

// lines hands on the lines that are not empty, with their numbers from 1, until
// the function has seen enough.
func (n *NDJSON) lines(ctx context.Context, see func(number int, line []byte) (more bool, err error)) error {
	return readText(n.path, func(text io.Reader) error {
		lines := bufio.NewScanner(text)
		lines.Buffer(make([]byte, 64<<10), usersync.MaxRow)
		number := 0
		for lines.Scan() {
			number++
			if err := ctx.Err(); err != nil {
				return err
			}
			line := bytes.TrimSpace(lines.Bytes())
			if number == 1 {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			if len(line) == 0 {
				continue
			}
			more, err := see(number, line)
			if err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			if !more {
				return nil
			}
		}
		if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			return fmt.Errorf("line %d: longer than %d MiB", number+1, usersync.MaxRow>>20)
		}
		return lines.Err()
	})
}
