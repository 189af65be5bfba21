package sink

import (
	"fmt"
	"strings"
	"time"
)

// A Holder is a run that holds a mirror, as far as can be told who it is.
type Holder struct {
	Run     string    // its ID; "" when its ledger does not say yet
	Host    string    // the machine it runs on; "" as for Run
	Since   time.Time // when it began; zero as for Run
	Session string    // the database's name for it; "" for a file
}

// String describes the run to people.
func (h *Holder) String() string {
	var parts []string
	if h.Run != "" {
		parts = append(parts, fmt.Sprintf("run %s on %s, which began at %s", h.Run, h.Host, h.Since.UTC().Format("2006-01-02 15:04:05 UTC")))
	}
	if h.Session != "" {
		parts = append(parts, h.Session)
	}
	if len(parts) == 0 {
		return "a run that does not say who it is"
	}
	return strings.Join(parts, "; ")
}
