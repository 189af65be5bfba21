package usersync

import (
	"errors"
	"fmt"
)

// ErrLocked means that another run holds the mirror.
var ErrLocked = errors.New("another run holds the mirror")

// A RefusedError means that a run's plan was judged unsafe, or could not be
// trusted, and that nothing was changed.
type RefusedError struct {
	// Budget names what was exceeded, as its flag does: allow-empty, max-delete.
	Budget string
	// Reason is a sentence of what was found, with its figures.
	Reason string
	// Remedy is a sentence of what to do.
	Remedy string
	// Examples are some of the users concerned, at most ten.
	Examples []ID
}

// Error is the reason and the remedy.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused, nothing was changed: %s. %s.", e.Reason, e.Remedy)
}

// A StoppedError means that the context ended the run.
type StoppedError struct {
	Cause error // the context's
	// Publishing is what the mirror said when the run was stopped while it
	// published, so that only the mirror knows what came of it; otherwise nil, and
	// nothing was changed.
	Publishing error
}

// Error says what ended the run, and whether that is all there is to know.
func (e *StoppedError) Error() string {
	if e.Publishing != nil {
		return fmt.Sprintf("stopped while publishing, %v: %v", e.Cause, e.Publishing)
	}
	return fmt.Sprintf("stopped, nothing was changed: %v", e.Cause)
}

// Unwrap is the context's cause.
func (e *StoppedError) Unwrap() error { return e.Cause }

// ErrTimeLimit is the cause to give to a context that ends a run when it has
// taken as long as it may.
var ErrTimeLimit = errors.New("the time limit is reached; the next run starts afresh")
