package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	usersync "usersync/sync"
)

// oldCSV is the mirror's file as a run found it, with the place of every row.
type oldCSV struct {
	path string
	file *os.File    // nil where there was none
	info fs.FileInfo // when the file was opened
	head *usersync.UserScanner

	rows []csvRow // in the order of the file
	byID []int32  // the rows' numbers in the order of their ids, once all are known
	body []byte   // of the row that was loaded last
}

// csvRow is where a user's row is: 40 bytes.
type csvRow struct {
	id     usersync.ID
	offset int64
	length int32 // at most usersync.MaxRow
	line   int32
	gone   bool // the row is kept for a user who is gone
}

func openOldCSV(path string) (*oldCSV, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &oldCSV{path: path}, nil
	}
	if err != nil {
		return nil, err
	}
	old := &oldCSV{path: path, file: file}
	if old.info, err = file.Stat(); err == nil {
		old.head, err = usersync.NewUserScanner(old.content())
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the file is empty, which no run leaves it")
	}
	if err != nil {
		return nil, errors.Join(adviseCSV(err), file.Close())
	}
	return old, nil
}

// adviseCSV says what to do about a file that is not as a run leaves it. Errors
// of the disk are not of that kind.
func adviseCSV(err error) error {
	if _, disk := errors.AsType[*fs.PathError](err); disk {
		return err
	}
	return fmt.Errorf("%w; mend it, put a backup in its place, or remove it to begin a new mirror, which cannot know of anyone deleted until then", err)
}

// content is the file's bytes from the start, as far as it went when it was
// opened.
func (o *oldCSV) content() io.Reader { return io.NewSectionReader(o.file, 0, o.info.Size()) }

func (o *oldCSV) held() usersync.Held {
	if o.file == nil {
		return usersync.Held{}
	}
	return usersync.Held{Fields: o.head.Fields(), Published: true}
}

// keepsDeleted says whether the file has a column for users who are gone.
func (o *oldCSV) keepsDeleted() bool { return o.file != nil && o.head.KeepsDeleted() }

// columnsInOrder says whether an unchanged row may be copied as it stands into a
// file with the same columns.
func (o *oldCSV) columnsInOrder() bool { return o.file != nil && o.head.InOrder() }

// index reads all rows and remembers where they are, until see says that it has
// seen enough. The rows count as known only if it never does.
func (o *oldCSV) index(ctx context.Context, see func(usersync.Record) bool) error {
	o.rows, o.byID = nil, nil
	enough := false
	err := o.scan(ctx, func(r usersync.Record, row usersync.Row) bool {
		o.rows = append(o.rows, csvRow{
			id: r.User.ID, offset: row.Offset, length: int32(row.Length), line: int32(row.Line), gone: r.Gone(), //nolint:gosec // bounded by MaxRow, and by what a disk holds
		})
		enough = !see(r)
		return !enough
	})
	if err != nil || enough {
		return err
	}
	if err := o.sort(); err != nil {
		return fmt.Errorf("read mirror %s: %w", o.path, adviseCSV(err))
	}
	return nil
}

// scan reads all rows, until see says that it has seen enough.
func (o *oldCSV) scan(ctx context.Context, see func(usersync.Record, usersync.Row) bool) error {
	if o.file == nil {
		return nil
	}
	users, err := usersync.NewUserScanner(o.content())
	if err != nil {
		return fmt.Errorf("read mirror %s: %w", o.path, err)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		record, row, err := users.NextRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read mirror %s: %w", o.path, adviseCSV(err))
		}
		if !see(record, row) {
			return nil
		}
	}
}

// sort orders the rows' numbers by id, and so finds ids that are there twice.
func (o *oldCSV) sort() error {
	o.byID = make([]int32, len(o.rows))
	for i := range o.byID {
		o.byID[i] = int32(i)
	}
	slices.SortFunc(o.byID, func(a, b int32) int {
		if byID := bytes.Compare(o.rows[a].id[:], o.rows[b].id[:]); byID != 0 {
			return byID
		}
		return int(a - b)
	})
	for i := 1; i < len(o.byID); i++ {
		first, second := o.rows[o.byID[i-1]], o.rows[o.byID[i]]
		if first.id == second.id {
			return fmt.Errorf("line %d: column sub: user %s is there already on line %d", second.line, second.id, first.line)
		}
	}
	return nil
}

// indexed says whether all rows are known, of which a missing file has none.
func (o *oldCSV) indexed() bool { return o.file == nil || o.byID != nil }

// load reads the row of an id.
func (o *oldCSV) load(id usersync.ID) (usersync.Record, error) {
	row, found := o.find(id)
	if !found {
		return usersync.Record{}, fmt.Errorf("read user %s from mirror %s: it is not known to be there", id, o.path)
	}
	return o.parse(row)
}

func (o *oldCSV) find(id usersync.ID) (row csvRow, found bool) {
	i, found := slices.BinarySearchFunc(o.byID, id, func(row int32, id usersync.ID) int {
		return bytes.Compare(o.rows[row].id[:], id[:])
	})
	if !found {
		return csvRow{}, false
	}
	return o.rows[o.byID[i]], true
}

// count is for how many users there is a row, each counted once.
func (o *oldCSV) count(ids []usersync.ID) int {
	found := make(map[usersync.ID]bool)
	for _, id := range ids {
		if _, has := o.find(id); has {
			found[id] = true
		}
	}
	return len(found)
}

func (o *oldCSV) parse(row csvRow) (usersync.Record, error) {
	o.body = slices.Grow(o.body[:0], int(row.length))[:row.length]
	_, err := o.file.ReadAt(o.body, row.offset)
	var record usersync.Record
	if err == nil {
		record, err = o.head.Parse(o.body)
	}
	if err == nil && (record.User.ID != row.id || record.Gone() != row.gone) {
		err = errChangedMeanwhile
	}
	if err != nil {
		return usersync.Record{}, fmt.Errorf("read user %s from line %d of mirror %s: %w", row.id, row.line, o.path, err)
	}
	return record, nil
}

var errChangedMeanwhile = errors.New("something else wrote to the file during this run; see that nothing does, and run again")

// unchanged is an error if the file is another than the one that was opened, or
// was written to since: what was found out about it is worth nothing then.
func (o *oldCSV) unchanged() error {
	now, err := os.Lstat(o.path)
	switch {
	case o.file == nil && errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errChangedMeanwhile
	case err != nil:
		return err
	case o.file == nil || !os.SameFile(now, o.info) || now.Size() != o.info.Size() || !now.ModTime().Equal(o.info.ModTime()):
		return errChangedMeanwhile
	default:
		return nil
	}
}

// stamp is what the file was when it was opened; nil where there was none.
func (o *oldCSV) stamp() *csvStamp {
	if o.file == nil {
		return nil
	}
	return &csvStamp{Size: o.info.Size(), ModTime: o.info.ModTime()}
}

func (o *oldCSV) close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}
