package usersync

import (
	"context"
	"iter"
	"time"
)

// A Mirror is where users are copied to, and what remembers them between runs.
// A run holds the mirror alone, from before its first call to after its last.
//
// The order of calls is that of Holds, Runs and Refused, which may come before
// anything; then Begin, Known, any number of the others, and one of Publish and
// Abandon. A dry run leaves out Begin, Beat, Stage, Publish and Abandon; none of
// the others may change anything that anybody can see.
type Mirror interface {
	Memory
	Ledger
	Publisher
}

// Memory is what a mirror knows of its users.
type Memory interface {
	// Holds says of the mirror as a whole how it was written.
	Holds(ctx context.Context) (Held, error)
	// Known yields everyone the mirror remembers, in any order, each with the
	// fingerprint over the given fields, which are among those it holds. Stored
	// fingerprints do, unless anew says to make them from what is really there.
	Known(ctx context.Context, fields FieldSet, anew bool) iter.Seq2[Known, error]
	// Load reads users as the mirror holds them, in the order of the ids, which
	// all come from Known.
	Load(ctx context.Context, ids []ID) ([]*User, error)
	// Count is how many live users have a value of a field or, where key is not
	// empty, a value that is not null under that key of an object.
	Count(ctx context.Context, f *Field, key string) (int, error)
	// Due yields the live users of whom some time that begins or ends a state of
	// the account, such as account_valid_until, is after from and not after until.
	Due(ctx context.Context, from, until time.Time) iter.Seq2[ID, error]
	// Forgotten says who is on the mirror's list of people that must not be
	// mirrored again. The function is nil when nobody is.
	Forgotten(ctx context.Context) (func(ID) bool, error)
}

// A Ledger is what a mirror knows of its runs.
type Ledger interface {
	// Runs yields the reports of earlier runs that ended, the latest first. Runs
	// that died have no report and are left out.
	Runs(ctx context.Context) iter.Seq2[*Report, error]
	// Refused are the users for whose sake a run was refused. found is false
	// when there is no such refusal.
	Refused(ctx context.Context, runID string) (users []ID, found bool, err error)
}

// A Publisher writes what a run found.
type Publisher interface {
	// Begin notes in the mirror's ledger that a run has begun.
	Begin(ctx context.Context, start Start) error
	// Beat notes in the ledger that the run is alive. It is called often and
	// writes seldom.
	Beat(ctx context.Context) error
	// Stage keeps changes aside, outside memory, where no reader sees them.
	// Within a run no user is staged twice.
	Stage(ctx context.Context, changes []Change) error
	// Publish makes all that was staged visible at once, and closes the ledger's
	// line with the report: readers and a crash see all of it or nothing. It moves
	// the report's end on to when all of that had been written, and counts in it
	// whom it took out of the mirror who must be forgotten.
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
	// Discards says that the rows of those who are marked as gone leave the mirror
	// when a run publishes, because it keeps none any more.
	Discards bool
	// Project is whose users these are; zero where the mirror does not say.
	Project Project
	// Due is why a full run is due, in words that complete "because"; empty when
	// none is. A mirror that was told of what no incremental run can see, such as
	// an import, says so from then on. What clears it is a report that it publishes
	// whose mode is ModeFull, whose census is complete, and which has StartedAt at
	// that moment or later; in the same step as all else that is published.
	Due string
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
	Project   Project  // whose users the mirror will hold
	Fields    FieldSet // what the run asks for and the mirror will hold
	// KeepHistory is how long rows of the change log are kept; 0 is for ever.
	KeepHistory time.Duration
}
