package main

import (
	"context"
	"time"

	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// freshMirror is how long ago a mirror may have been read whole that tells who
// exists. Who came since is not made twice: Authgear skips them, and the import has
// then been noted in the mirror, which is asked no more when it is run again.
const freshMirror = time.Hour

// narrowed is the directory that rows are compared by. What becomes of rows that
// were sent is not found out by it.
func (a *app) narrowed(job *importJob, directory userimport.Directory) userimport.Directory {
	switch {
	case job.mirror == nil:
		return directory
	case job.mirror.useless != "":
		a.logger.Info("Authgear is asked for every login ID, and not the mirror before, because "+job.mirror.useless, "mirror", job.mirror.String())
		return directory
	case job.mirror.url == "":
		return source.NewNarrowed(directory, source.NewCSV(job.mirror.path), a.logger)
	default:
		return source.NewNarrowed(directory, source.NewPostgres(job.mirror.url, job.mirror.schema), a.logger)
	}
}

// uselessness is why a mirror does not tell who exists; empty where it does.
func (a *app) uselessness(ctx context.Context, mirror usersync.Ledger, held *usersync.Held) (string, error) {
	_, holds := held.Fields.Lookup("identities")
	switch {
	case !held.Published:
		return "there are no users in it yet", nil
	case held.Project == (usersync.Project{}):
		return "it does not say whose users it holds", nil
	case !holds:
		return "it does not hold identities", nil
	case held.Due != "":
		return held.Due, nil
	}
	earliest := a.now().Add(-freshMirror)
	for report, err := range mirror.Runs(ctx) {
		switch {
		case err != nil:
			return "", err
		case report.StartedAt.Before(earliest):
			return "it is more than an hour since everybody was read into it", nil
		case report.Status == usersync.StatusOK && report.Mode == usersync.ModeFull && report.Census != nil && report.Census.Complete:
			return "", nil
		}
	}
	return "nobody knows that everybody was read into it", nil
}
