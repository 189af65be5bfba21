package usersync

import (
	"bytes"
	"fmt"
	"time"
)

// Op is what a change does to the mirror.
type Op uint8

// The kinds of changes.
const (
	Create  Op = iota + 1 // a user the mirror never had
	Update                // a user whose fields differ
	Delete                // a user that Authgear confirmed to be gone
	Restore               // a user that the mirror had marked as gone
	// Refill writes a user anew that has not changed, because the mirror holds
	// other fields than the run, or older fingerprints. It is no change to
	// people: it is not counted as one and has no row in the change log.
	Refill
)

// String is the op's name in the change log and in reports.
func (op Op) String() string {
	switch op {
	case Create:
		return "create"
	case Update:
		return "update"
	case Delete:
		return "delete"
	case Restore:
		return "restore"
	case Refill:
		return "refill"
	default:
		return fmt.Sprintf("op %d", uint8(op))
	}
}

// Erasure is how much of a user's personal values a change takes out of the
// mirror beside what it does otherwise.
type Erasure uint8

// The degrees of erasure, each with all that the one before it does.
const (
	EraseNothing Erasure = iota
	// EraseHistory takes the values out of the user's rows of the change log,
	// this change's own included. The rows stay.
	EraseHistory
	// EraseValues takes the values out of the user's row as well. Its id and
	// times stay.
	EraseValues
	// EraseUser removes the user's row and its rows of the change log.
	EraseUser
)

// A Change is one user's way from what the mirror holds to what it will hold.
type Change struct {
	Op Op
	ID ID
	// Before is the user as the mirror holds it: nil for a create and a refill.
	Before *User
	// After is the user as the source has it: nil for a delete.
	After *User
	// Fields are those whose values differ, in the table's order. It is empty
	// for creates, deletes and refills, which concern the user as a whole.
	Fields []*Field
	// Erase is what else goes.
	Erase Erasure
	// ConfirmedAt is when the source said by name that a deleted user is gone.
	ConfirmedAt time.Time
}

// Diff is the fields of the set in which two users differ, in the table's order.
func Diff(before, after *User, set FieldSet) []*Field {
	var differing []*Field
	for f := range set.All() {
		if before.Has(f) != after.Has(f) ||
			before.Has(f) && !bytes.Equal(appendValue(nil, f, before.Get(f)), appendValue(nil, f, after.Get(f))) {
			differing = append(differing, f)
		}
	}
	return differing
}

// SameJSON says whether two values mean the same, as JSON is decoded with
// [json.Number]: whatever the order of keys and the spelling of numbers.
func SameJSON(a, b any) bool { return bytes.Equal(appendJSON(nil, a), appendJSON(nil, b)) }
