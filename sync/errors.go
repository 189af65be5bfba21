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
