package usersync

import "time"

// An ImportNote is what a mirror is told of an import into Authgear, whose audit
// log says nothing of imports.
type ImportNote struct {
	// ID tells the import from others, and is the same whenever it is noted: what
	// was noted of it before no longer counts then.
	ID string
	// Project is where it goes.
	Project Project
	// Open says that the import goes on, or has ended without its being known of
	// each row what came of it.
	Open bool
	// At is when it ended, by this machine's clock. While it is open, that is when
	// nothing of it can be carried out any more, whatever becomes of it.
	At time.Time
	// Rows are how many changed somebody, in all the runs that the import took. An
	// open note has none. A note of an import that has ended without having changed
	// anybody only takes back what was noted of it before.
	Rows int
}
