package main

import (
	"context"
	"fmt"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// mirrorPatience is how long a sync of the mirror is waited for that is on its way
// when the import has ended.
const mirrorPatience = 5 * time.Minute

// importMirror is the mirror that is to be told of the import; nil without one.
func (a *app) importMirror(o *importOptions) (*destination, error) {
	if o.mirror.to == "" {
		return nil, nil //nolint:nilnil // no mirror is nothing wrong
	}
	to, err := a.destination(&o.mirror)
	if err != nil {
		return nil, err
	}
	to.waitLock = mirrorPatience
	return &to, nil
}

// checkMirror finds out before anything is sent whether the mirror is there, and
// of this project.
func (a *app) checkMirror(ctx context.Context, to destination, project usersync.Project) error {
	mirror, err := a.openMirror(ctx, to, mirrorUse{looks: true, ledger: true})
	if err != nil {
		return err
	}
	defer a.closeMirror(mirror)
	held, err := mirror.Holds(ctx)
	if err != nil {
		return err
	}
	if held.Project == (usersync.Project{}) {
		return usageErrorf("there are no users in the mirror %s yet, and its first sync reads everybody anyway. Check --mirror, or leave it out", to)
	}
	if held.Project != project {
		return usageErrorf("the mirror %s holds the users of %s, and this import is into %s. Check --mirror and --endpoint", to, held.Project, project)
	}
	return nil
}

// noteImport tells the mirror, unless nobody was changed: a row that an earlier run
// of the same import sent counts too, as that run may have been killed before it
// came to this.
func (a *app) noteImport(ctx context.Context, job *importJob, report *userimport.Report) error {
	rows := report.Outcomes[userimport.Created] + report.Outcomes[userimport.Updated] + report.Outcomes[userimport.Unknown]
	if job.mirror == nil || rows == 0 || report.DryRun {
		return nil
	}
	to := *job.mirror
	if ctx.Err() != nil {
		to.waitLock = 0 // whoever pressed Ctrl-C does not want to wait
	}
	if err := a.tellMirror(context.WithoutCancel(ctx), to, job.project, rows); err != nil {
		return fmt.Errorf("the rows were imported, but the mirror could not be told: %w. Run usersync sync --mode full for it", err)
	}
	return nil
}

func (a *app) tellMirror(ctx context.Context, to destination, project usersync.Project, rows int) error {
	mirror, err := a.openMirror(ctx, to, mirrorUse{})
	if err != nil {
		return err
	}
	defer a.closeMirror(mirror)
	return mirror.NoteImport(ctx, project, a.now(), rows)
}
