package emulator

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
)

// importFate is what becomes of the answer to an import's POST, once the import
// has been carried out.
type importFate uint8

const (
	importAnswered importFate = iota
	importDropped
	importError
	importTimeout
	importHalfQueued
)

// importFate draws; the first one drawn wins.
func (f *Faults) importFate(dice *rand.Rand) importFate {
	for i, probability := range []float64{f.ImportDropped, f.ImportError, f.ImportTimeout, f.ImportHalfQueued} {
		if dice.Float64() < probability {
			return importDropped + importFate(i)
		}
	}
	return importAnswered
}

// spoilImport answers in place of the server, and is false when nothing is wrong.
func (s *Server) spoilImport(w http.ResponseWriter, fate importFate) bool {
	switch fate {
	case importDropped:
		panic(http.ErrAbortHandler)
	case importError, importHalfQueued:
		s.respondError(w, unexpected())
	case importTimeout:
		gatewayPage(w, http.StatusGatewayTimeout)
	default:
		return false
	}
	return true
}

// taskFate is how many records a task gets through; never is all of them.
type taskFate struct{ panicsAt, killedAt int }

const never = -1

// taskFate draws for a task, by its number.
func (f *Faults) taskFate(task uint64, records int) taskFate {
	dice := rand.New(rand.NewPCG(f.Seed^0x7a53, task))
	fate := taskFate{panicsAt: never, killedAt: never}
	if panics, at := dice.Float64() < f.TaskPanics, dice.IntN(records); panics {
		fate.panicsAt = at
	}
	if killed, at := dice.Float64() < f.TaskKilled, dice.IntN(records+1); killed {
		fate.killedAt = at
	}
	return fate
}

// KillImports kills the process that imports after it has written so many
// further records, 0 before it begins another task: the task that it was at
// stays pending for ever, even if that was its last record. The tasks behind
// that one go on, as after a restart.
func (s *Server) KillImports(afterRecords int) {
	s.imports.set(func(q *importQueue) { q.killIn = afterRecords })
}

// SetImportPanic has a task panic at the records for which dies is true; nil
// has none. It is called while the import holds the project: it must not call
// the server.
func (s *Server) SetImportPanic(dies func(record json.RawMessage) bool) {
	s.imports.set(func(q *importQueue) { q.dies = dies })
}
