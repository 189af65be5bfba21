package importer

import (
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// The journal is lines of JSON, only ever added to. Each line holds one of the
// things below. Rows are in it by their numbers and digests: no value of
// anybody's, and nothing of a password or a second factor.

// An entry is one line.
type entry struct {
	Import   *importEntry `json:"import,omitempty"`  // the first line
	Post     *postEntry   `json:"post,omitempty"`    // before a POST
	Posted   *postedEntry `json:"posted,omitempty"`  // it was taken
	Lost     *seqEntry    `json:"lost,omitempty"`    // nobody knows whether it was
	Refused  *seqEntry    `json:"refused,omitempty"` // it was certainly not carried out
	Result   *resultEntry `json:"result,omitempty"`  // rows came to their end
	Finished *time.Time   `json:"finished,omitempty"`
}

// journalVersion is raised when older programs would misread the journal.
const journalVersion = 1

// An importEntry says which import it is.
type importEntry struct {
	Version    int                   `json:"version"`
	Table      userimport.Digest     `json:"table"`
	Identifier userimport.Identifier `json:"identifier"`
	Options    []string              `json:"options"`
	Project    *userimport.Project   `json:"project,omitempty"`
	Endpoint   string                `json:"endpoint"`
	AppID      string                `json:"app_id"`
	Started    time.Time             `json:"started"`
}

// A postEntry says what is about to be sent.
type postEntry struct {
	Seq    int       `json:"seq"` // from 1, one more for each POST
	Update bool      `json:"upsert"`
	At     time.Time `json:"at"` // by the server's clock, as far as it is known
	Bytes  int       `json:"bytes"`
	// Rows are the records' in their order; Digests those of the records as the
	// rows say them, Users whom updates are about, and Seen the fingerprints that
	// these had when they were last read before it, all as many. A journal from
	// before there was Seen has none.
	Rows    []int               `json:"rows"`
	Digests []userimport.Digest `json:"digests"`
	Users   []usersync.ID       `json:"users,omitempty"`
	Seen    []userimport.Digest `json:"seen,omitempty"`
}

// A postedEntry says which job a POST became.
type postedEntry struct {
	Seq int    `json:"seq"`
	Job string `json:"job"`
}

// A seqEntry is about one POST.
type seqEntry struct {
	Seq int `json:"seq"`
}

// A resultEntry is what became of rows. Those of a job have its ID here.
type resultEntry struct {
	Job  string              `json:"job,omitempty"`
	Rows []userimport.Result `json:"rows"`
}

// each are the results as they were told.
func (e *resultEntry) each(yield func(userimport.Result) error) error {
	for _, result := range e.Rows {
		result.Job = e.Job
		if err := yield(result); err != nil {
			return err
		}
	}
	return nil
}
