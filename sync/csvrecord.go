package usersync

import (
	"errors"
	"time"
)

// DeletedColumn is the last column of a file that keeps the rows of users who
// are gone. It says when that was found out, and is empty for everyone else. It
// is no field: nobody is compared by it.
const DeletedColumn = "_deleted_at"

// A Record is what a row of a file says: a user, and whether it is gone.
type Record struct {
	User *User
	// DeletedAt is when the user was found to be gone; zero for one who is not.
	DeletedAt time.Time
}

// Gone says whether the row is kept for a user who is gone.
func (r Record) Gone() bool { return !r.DeletedAt.IsZero() }

// Cells are the record's row under the header of [Columns] and [DeletedColumn],
// with times to the microsecond, as fields have them.
func (r Record) Cells(set FieldSet) ([]string, error) {
	cells, err := r.User.Cells(set)
	if err != nil {
		return nil, err
	}
	return append(cells, r.deletedCell()), nil
}

func (r Record) deletedCell() string {
	if !r.Gone() {
		return ""
	}
	return r.DeletedAt.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
}

var errNotTime = errors.New("not a time like 2026-01-02T15:04:05Z")

// parseDeletedAt refuses the one time that would make a user who is gone look
// like one who is not.
func parseDeletedAt(cell string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, cell)
	if err != nil || t.IsZero() {
		return time.Time{}, errNotTime
	}
	return t.UTC(), nil
}
