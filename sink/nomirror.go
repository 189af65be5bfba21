package sink

import "errors"

// ErrNoMirror means that there is nothing of a mirror in the place that was named.
var ErrNoMirror = errors.New("there is no mirror")
