package userimport

import (
	"context"
	"time"

	usersync "usersync/sync"
)

// An Item is one record on its way to Authgear.
type Item struct {
	Row  int
	Line int
	// Record is what the row says, and Sent what is sent of it in an update: a
	// [Verdict]'s Record. Where that is nil it is the Record itself.
	Record, Sent Record
	// Digest is that of the record as the row says it, by which a later run knows
	// the row again.
	Digest Digest
	// Update says that the user exists, and is to get what the record says;
	// otherwise there is none, and one is to be created.
	Update bool
	// User is whom an update is about, and Seen what [SeenOf] was of that user at
	// Read, when the record was made. Whoever is another by the time that it is sent
	// was changed by somebody meanwhile.
	User usersync.ID
	Seen usersync.Fingerprint
	Read time.Time
	// Warnings and Notes are for the row's result, whatever comes of it.
	Warnings, Notes []string
}

// ChangedMeanwhile is why an update is in conflict that was not sent because its
// user was not as the plan saw them any more.
const ChangedMeanwhile = "the user changed after the rows had been compared; run it again"

// A Sender sends records, and sees to it that each comes to exactly one result,
// whatever happens to it or to the server. It keeps on disk what it did, so that
// an import that was killed goes on where it was.
type Sender interface {
	// Known is what an earlier, unfinished import of the same table did about a
	// row. It is asked before anything is sent.
	Known(row int) Known
	// Replay tells the results of the rows that are [Done], each once.
	Replay(each func(Result) error) error
	// Claims tells whom the rows are about that are [Open] and may have updated
	// somebody.
	Claims(each func(row int, user usersync.ID))
	// Resume takes a row over that is [Open]: it finds out what came of it, and
	// sends it again where that is needed and safe.
	Resume(ctx context.Context, item Item) error
	// Send takes a record over. It returns as soon as there is room for another,
	// with an error only where the import cannot go on: a [*QuotaError], an error
	// of the journal, the context's.
	Send(ctx context.Context, item Item) error
	// Finish sends what waits and returns when every record taken over has its
	// result, or when the context ends or the import cannot go on: then the
	// records without a result are not sent, or unknown, and are told so.
	Finish(ctx context.Context) error
	// Traffic is what was sent so far.
	Traffic() SendTraffic
}

// Known is what is known of a row from an earlier run.
type Known uint8

// What can be known.
const (
	Fresh Known = iota // nothing was done about the row
	Open               // it was sent, and what came of it has yet to be found out
	Done               // it has a result that stands
)

// SendTraffic counts what was sent.
type SendTraffic struct {
	Jobs  int   // that Authgear took, by their IDs
	Bytes int64 // of the bodies
}

// A QuotaError means that Authgear's quota for imports is used up. The import
// can go on with the next period.
type QuotaError struct {
	Period string // as Authgear names it, such as "day"; may be empty
}

// Error says what to wait for.
func (e *QuotaError) Error() string {
	if e.Period == "" {
		return "Authgear's quota for imports is used up. Run the same command again later; what is done is not sent again"
	}
	return "Authgear's quota of imports for this " + e.Period + " is used up. Run the same command again in the next; what is done is not sent again"
}
