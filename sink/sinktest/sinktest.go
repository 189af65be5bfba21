// Package sinktest holds what every mirror must do, as one body of tests that is
// run over each of them.
package sinktest

import (
	"context"
	"testing"

	usersync "usersync/sync"
)

// A Mirror is a mirror under test, open.
type Mirror interface {
	usersync.Mirror
	// Forget takes people out and keeps them out: with EraseValues only ids and
	// times of theirs may stay, with EraseUser nothing.
	Forget(ctx context.Context, ids []usersync.ID, mode usersync.Erasure) (found int, err error)
	// NoteImport notes an import: a full run is due until everybody was read since
	// the note's time.
	NoteImport(ctx context.Context, note usersync.ImportNote) (noted bool, err error)
	// Close gives the mirror back, whatever was done with it.
	Close() error
}

// A Target is one place for a mirror, which nothing was ever written to.
type Target struct {
	// Open opens the mirror in that place, as a run does. It is called many
	// times, also while the mirror is open.
	Open func(ctx context.Context) (Mirror, error)
	// Read reads who is in the mirror, those who are gone left out, as a reader
	// does that knows nothing of runs; also while the mirror is open. In a place
	// that no run has published to, it is nobody.
	Read func(t testing.TB, fields usersync.FieldSet) []*usersync.User
	// Clear makes the mirror, which is not open, one that no run has published to.
	Clear func(t testing.TB)
}

// Traits are in what mirrors may differ.
type Traits struct {
	// Tombstones says that users who are gone are remembered as such. Without
	// it they are forgotten.
	Tombstones bool
}

// Run runs the tests, each in parallel and in a place of its own.
func Run(t *testing.T, traits Traits, fresh func(t *testing.T) Target) {
	t.Helper()
	for name, test := range map[string]func(*bench){
		"A fresh mirror is empty":                            (*bench).fresh,
		"The first run":                                      (*bench).firstRun,
		"Changes of every kind":                              (*bench).everyChange,
		"Users who are gone":                                 (*bench).gone,
		"An unchanged run":                                   (*bench).unchanged,
		"A run may end without having found anybody":         (*bench).nobody,
		"Nothing is seen before it is published":             (*bench).nothingSeenBefore,
		"An abandoned run leaves no trace":                   (*bench).abandoned,
		"A run that dies leaves no trace":                    (*bench).died,
		"A run whose context ends leaves no trace":           (*bench).cancelled,
		"Abandoning works when the context has ended":        (*bench).abandonedAfterCancel,
		"One run at a time":                                  (*bench).locked,
		"Other fields than before":                           (*bench).otherFields,
		"Fingerprints over some of the fields":               (*bench).knownOverSomeFields,
		"Users are loaded in the order they are asked for":   (*bench).loadOrder,
		"The project is remembered":                          (*bench).project,
		"Users are counted by what they have":                (*bench).counts,
		"Users whose state ends are found":                   (*bench).due,
		"The ledger is read back from the latest run on":     (*bench).ledger,
		"The ledger leaves out runs that died":               (*bench).ledgerOfTheDead,
		"What publishing takes is counted":                   (*bench).publishingCounts,
		"A refusal keeps its users":                          (*bench).refusal,
		"A run that lives says so":                           (*bench).beats,
		"Users who are gone are erased":                      (*bench).erased,
		"Users who were anonymised live on":                  (*bench).anonymised,
		"People are forgotten":                               (*bench).forgotten,
		"People are forgotten before they ever came":         (*bench).forgottenBefore,
		"An import makes a full run due":                     (*bench).importNoted,
		"An import into another project is refused":          (*bench).importRefused,
		"An import before the first run":                     (*bench).importBefore,
		"An import that goes on":                             (*bench).importOpen,
		"Any users, any runs: the mirror is what was staged": (*bench).model,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&bench{TB: t, traits: traits, Target: fresh(t)})
		})
	}
}
