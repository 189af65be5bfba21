package usersync

import (
	"context"
	"iter"
	"time"
)

// A Source is where users come from.
type Source interface {
	// Project is whose users these are.
	Project() Project
	// Users yields everyone in the source with at least the values of the given
	// fields. The same user may be yielded more than once, and a user created or
	// deleted meanwhile may or may not be. An error is the last thing yielded:
	// then the users before it prove nothing about who is absent. The census is
	// kept while users are yielded; its TotalStart may be read from the first
	// user on, the rest once the iteration is over.
	Users(ctx context.Context, fields FieldSet, census *Census) iter.Seq2[*User, error]
	// Lookup asks for users by id, at most [LookupBatch] of them. The answer is
	// in the order of the ids; nil means that the source said, without any
	// error, that there is no such user.
	Lookup(ctx context.Context, ids []ID, fields FieldSet) ([]*User, error)
	// Traffic is how many requests were sent so far, and how many of these were
	// another try.
	Traffic() (requests, retries int64)
}

// A Follower is a Source that can also tell who may have changed. What it tells
// is a hint: it may leave somebody out, and is never a reason to delete anybody.
type Follower interface {
	Source
	// Since finds out who may have changed since a moment of the source's clock,
	// newcomers aside. swept is when, by the same clock, a sweep began that has
	// read everybody who is in the mirror, and zero where that is not known: what
	// may have changed anybody before it makes no hints unfit.
	Since(ctx context.Context, since, swept time.Time) (Hints, error)
	// Newcomers yields those created at the given moment or later, as Users does,
	// and perhaps some who are older.
	Newcomers(ctx context.Context, since time.Time, fields FieldSet, census *Census) iter.Seq2[*User, error]
}

// Hints are who may have changed.
type Hints struct {
	IDs []ID // each once, in any order
	// Unfit says, in words that complete "because", why the hints are no good
	// and everybody must be read; empty when they are.
	Unfit string
	// Watermark is the source's clock before it was asked.
	Watermark time.Time
}

// LookupBatch is how many users are asked for by id at once. Authgear answers up
// to 2,000 without attributes in 0.7 s; with every field a hundred take a third
// of a second, as long as a page.
const LookupBatch = 100

// A Census is what a sweep found out about itself, for people to read. The
// totals decide nothing: users who leave and others who come cancel out in them.
type Census struct {
	TotalStart int // users the source counted before the sweep; -1 if it cannot
	TotalEnd   int // users the source counted after the sweep; -1 if it cannot
	Pages      int // pages read, those of the gap rounds and the head pass included
	// Began is the source's clock when the sweep began; zero if it has none.
	Began time.Time
	// Complete says that everyone who existed from the sweep's first request to
	// its last was yielded, whoever was created or deleted meanwhile.
	Complete bool
	// Gaps are the times of creation for which that could not be shown, the
	// newest first; none when the sweep is complete.
	Gaps      []Gap
	Rounds    int // how often the gaps that remained were read again
	Repeats   int // users yielded that had been yielded before; counted by the run
	NullNodes int // users that were gone between being listed and being loaded
	HeadFinds int // users first seen when the newest were read again at the end
}

// A Gap is a range of times of creation, both ends included, in which a sweep
// may have missed someone. Ends are zero where the range has none.
type Gap struct {
	From  time.Time
	Until time.Time
}
