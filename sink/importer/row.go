package importer

import (
	"encoding/json"
	"fmt"
	"time"

	"usersync/sync/userimport"
)

// A row is a record on its way.
type row struct {
	item userimport.Item
	body json.RawMessage // what is sent of it
	// sendsBack says that parts of the address are sent as the user was read to have
	// them: Authgear replaces it as a whole.
	sendsBack bool
	// posts is how often it was in a POST that may have been carried out, first
	// when that was first, by the server's clock.
	posts int
	first time.Time
	index int // its place in the last of them

	// What follows counts from the start of this run.
	tries   int // POSTs
	losses  int // POSTs that came to no answer
	strikes int // jobs that ended, or stuck, before it had its turn
	// refusal is what the server said of a record that it may have had before:
	// it stands if the user is not there.
	refusal *userimport.Result
	// fits says that the user of an update has all of the record that can be read
	// back, and that there is more in it.
	fits bool

	done    bool // it has its result
	outcome userimport.Outcome
	why     string // of a row that failed
}

// rewrite makes what is sent of the row another.
func (r *row) rewrite(record userimport.Record) error {
	body, err := record.JSON()
	if err != nil {
		return fmt.Errorf("write row %d as JSON: %w", r.item.Row, err)
	}
	said, _ := r.item.Record["address"].(map[string]any)
	sent, _ := record["address"].(map[string]any)
	r.body, r.sendsBack = body, len(sent) > len(said)
	return nil
}

// An attempt is records in one POST: one to make, or one that an earlier run made.
type attempt struct {
	update bool
	rows   []*row // those that are still open, in their order

	resumed  bool
	expected int       // how many rows of it are still open
	job      string    // that the POST was answered with; empty where it was not
	sent     int       // how many records the POST had
	posted   time.Time // by the server's clock
}

// rest are the rows without a result.
func (a *attempt) rest() []*row {
	var open []*row
	for _, r := range a.rows {
		if !r.done {
			open = append(open, r)
		}
	}
	return open
}
