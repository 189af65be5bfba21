package usersync

import (
	"context"
	"iter"
	"time"
)

// A Mirror is where users are copied to, and what remembers them between runs.
// A run holds the mirror alone, from before its first call to after its last.
//
// The order of calls is Begin, Holds, Known, then any number of Load and Stage,
// then one of Publish and Abandon. A dry run calls Holds, Known and Load alone,
// none of which may change anything that anybody can see.
type Mirror interface {
	// Begin notes in the mirror's ledger that a run has begun.
	Begin(ctx context.Context, start Start) error
	// Holds says with which fields the mirror's users were written.
	Holds(ctx context.Context) (Held, error)
	// Known yields everyone the mirror remembers, in any order, each with the
	// fingerprint over the given fields, which are among those it holds.
	Known(ctx context.Context, fields FieldSet) iter.Seq2[Known, error]
	// Load reads users as the mirror holds them, in the order of the ids, which
	// all come from Known.
	Load(ctx context.Context, ids []ID) ([]*User, error)
	// Stage keeps changes aside, outside memory, where no reader sees them.
	// Within a run no user is staged twice.
	Stage(ctx context.Context, changes []Change) error
	// Publish makes all that was staged visible at once, and closes the ledger's
	// line with the report: readers and a crash see all of it or nothing.
	Publish(ctx context.Context, report *Report) error
	// Abandon drops what was staged and closes the ledger's line with the report.
	Abandon(ctx context.Context, report *Report) error
}

// Held is what a mirror says of how its users were written.
type Held struct {
	Fields FieldSet
	// Published is false for a mirror that no run has published to yet; then
	// nothing else is set and Known yields nobody.
	Published bool
	// Stale says that the stored fingerprints were made in another way than this
	// program's, so that every user should be written anew.
	Stale bool
}

// Known is what a run needs to remember of a mirrored user: some forty bytes,
// never the user.
type Known struct {
	ID          ID
	Fingerprint Fingerprint
	// Deleted says that the user is marked as gone.
	Deleted bool
}

// Start is what is known of a run when it begins.
type Start struct {
	RunID     string
	Mode      string
	StartedAt time.Time
	Version   string   // of usersync
	Fields    FieldSet // what the run asks for and the mirror will hold
}
