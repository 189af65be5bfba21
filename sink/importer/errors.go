package importer

import (
	"fmt"
	"strings"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// An OtherImportError means that the journal is that of an unfinished import of
// another table, or with other options: what it did would be forgotten.
type OtherImportError struct {
	Dir     string
	Differs []string // what is not the same, a line each
}

// Error says what differs and what can be done.
func (e *OtherImportError) Error() string {
	return fmt.Sprintf("the journal in %s is that of another import, which has not come to its end: %s. "+
		"Finish that one with its own file and options, name another --journal, or give up what it knows with --restart",
		e.Dir, strings.Join(e.Differs, "; "))
}

// A FirstJobError means that all of the first rows failed, ten or a few more in one
// job or several, so that nothing more was sent.
type FirstJobError struct {
	Rows    int
	Reasons []string // the first few that differ, with their lines
}

// Error says what the server said.
func (e *FirstJobError) Error() string {
	return fmt.Sprintf("none of the first %d rows could be imported, so nothing more was sent: %s. "+
		"If the other rows are better, run the same command again; otherwise mend the file and use --restart",
		e.Rows, strings.Join(e.Reasons, "; "))
}

// A LoginIDError means that Authgear ignored the identifier because the project
// does not have it as a login ID: it made users whom nobody can sign in as, and
// would make them again with every import.
type LoginIDError struct {
	Identifier userimport.Identifier
	Users      []usersync.ID // who were made so
}

// Error says what happened and what to do.
func (e *LoginIDError) Error() string {
	ids := make([]string, len(e.Users))
	for i, id := range e.Users {
		ids[i] = id.String()
	}
	return fmt.Sprintf("the project does not have %s as a login ID, so Authgear made users without any, and nothing more was sent. "+
		"Delete them (%s), and enable that login ID or choose another --identifier",
		e.Identifier.LoginIDKey(), strings.Join(ids, ", "))
}

// A StandstillError means that Authgear does not work through imports at present.
type StandstillError struct {
	What string // what was tried, a sentence without its full stop
}

// Error says what was tried and what to do.
func (e *StandstillError) Error() string {
	return e.What + ". Nothing more was sent; run the same command again later: what is done is not sent again"
}
