package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

const (
	// mirrorPatience is how long a sync of the mirror is waited for that is on its
	// way when the import begins or has ended.
	mirrorPatience = 5 * time.Minute
	// What the import sent can come true for as long as Authgear remembers its jobs:
	// a day. An import that goes on for longer is noted anew, and so its note lasts
	// for a day from the last row on at least, whenever it is killed.
	openNoteLasts  = 24*time.Hour + openNoteRenews
	openNoteRenews = 6 * time.Hour
	// openNoteRetries is when a note is tried again that could not be renewed.
	openNoteRetries = 10 * time.Minute
)

// An importMirror is the mirror that is told of the import, and tells who exists.
type importMirror struct {
	destination

	useless string // why it does not tell who exists; empty where it does

	id    string    // of the import
	begun bool      // noted by this run, before it sent anything
	next  time.Time // when it is to be noted next
}

// importMirror is the mirror that is to be told of the import; nil without one.
func (a *app) importMirror(o *importOptions) (*importMirror, error) {
	if o.mirror.to == "" {
		return nil, nil //nolint:nilnil // no mirror is nothing wrong
	}
	to, err := a.destination(&o.mirror)
	if err != nil {
		return nil, err
	}
	to.waitLock = mirrorPatience
	return &importMirror{destination: to}, nil
}

// checkMirror finds out before anything is sent whether the mirror is there, and
// of this project. A file that is not there is likely to be one whose name is not
// spelled so; a database was reached, and its tables may come later.
func (a *app) checkMirror(ctx context.Context, to *importMirror, project usersync.Project) error {
	mirror, err := a.openMirror(ctx, to.destination, mirrorUse{looks: true, ledger: true})
	if err != nil {
		return err
	}
	defer a.closeMirror(mirror)
	held, err := mirror.Holds(ctx)
	switch {
	case err != nil:
		return err
	case !held.Published && to.url == "":
		return usageErrorf("there are no users in the mirror %s yet, and its first sync reads everybody anyway. Check --mirror, or leave it out", to)
	case held.Project != (usersync.Project{}) && held.Project != project:
		return usageErrorf("the mirror %s holds the users of %s, and this import is into %s. Check --mirror and --endpoint", to, held.Project, project)
	}
	to.useless, err = a.uselessness(ctx, mirror, &held)
	return err
}

// A notedSender notes the import in the mirror before it hands anything on.
type notedSender struct {
	userimport.Sender

	note func(context.Context) error
}

// Resume implements userimport.Sender.
func (s notedSender) Resume(ctx context.Context, item userimport.Item) error {
	if err := s.note(ctx); err != nil {
		return err
	}
	return s.Sender.Resume(ctx, item)
}

// Send implements userimport.Sender.
func (s notedSender) Send(ctx context.Context, item userimport.Item) error {
	if err := s.note(ctx); err != nil {
		return err
	}
	return s.Sender.Send(ctx, item)
}

// noting has a sender tell the mirror, if there is one. An import is known by its
// table and its journal. One that gives up what an earlier one sent is another: of
// that one nobody finds out any more what came of it.
func (a *app) noting(job *importJob, table userimport.Digest, sender userimport.Sender) (userimport.Sender, error) {
	if job.mirror == nil {
		return sender, nil
	}
	journal, err := filepath.Abs(job.places.journal)
	if err != nil {
		return nil, fmt.Errorf("find the journal: %w", err)
	}
	name := journal + "\n" + table.String()
	if job.options.restart {
		name += "\n" + rand.Text()
	}
	job.mirror.id = userimport.DigestOf([]byte(name)).String()
	return notedSender{sender, func(ctx context.Context) error { return a.noteBegun(ctx, job) }}, nil
}

// noteBegun tells the mirror that rows are about to be sent, so that an import that
// is killed has been noted, and again while it goes on.
func (a *app) noteBegun(ctx context.Context, job *importJob) error {
	mirror, now := job.mirror, a.now()
	if now.Before(mirror.next) {
		return nil
	}
	first, to := mirror.next.IsZero(), mirror.destination
	if !first {
		to.waitLock = 0
	}
	noted, err := a.tellMirror(ctx, to, usersync.ImportNote{ID: mirror.id, Project: job.project, Open: true, At: now.Add(openNoteLasts)})
	switch {
	case err != nil && first:
		return fmt.Errorf("tell the mirror of the import before anything is sent: %w", err)
	case err != nil:
		a.logger.Warn("the mirror could not be told that the import goes on; it is told again", "error", err)
		mirror.next = now.Add(openNoteRetries)
		return nil
	case !noted && first:
		a.logger.Info("there is no mirror yet, and its first sync reads everybody: it need not be told of the import", "mirror", to.String())
	}
	mirror.begun, mirror.next = mirror.begun || noted, now.Add(openNoteRenews)
	return nil
}

// noteEnded tells the mirror that the import has ended, unless something of it is
// not known yet: then the note that it was begun stands. A row that an earlier run
// of the same import sent counts too, as that run may have been killed before it
// came to this.
func (a *app) noteEnded(ctx context.Context, job *importJob, report *userimport.Report) error {
	known := 0
	for _, rows := range report.Outcomes {
		known += rows
	}
	rows := report.Outcomes[userimport.Created] + report.Outcomes[userimport.Updated]
	switch {
	case job.mirror == nil || report.DryRun || report.Rows == 0:
		return nil
	case report.Outcomes[userimport.Unknown] > 0 || known < report.Rows:
		if !job.mirror.begun {
			return nil
		}
		a.logger.Info("it is not known of every row what came of it, so syncs of the mirror read everybody for a day, or until the import has come to its end", "mirror", job.mirror.String())
		return nil
	case rows == 0 && !job.mirror.begun:
		return nil
	}
	to := job.mirror.destination
	if ctx.Err() != nil {
		to.waitLock = 0 // whoever pressed Ctrl-C does not want to wait
	}
	_, err := a.tellMirror(context.WithoutCancel(ctx), to, usersync.ImportNote{ID: job.mirror.id, Project: job.project, At: a.now(), Rows: rows})
	switch {
	case err != nil && job.mirror.begun:
		a.logger.Warn("the mirror knows of the import and could not be told that it has ended; its syncs read everybody for a day", "error", err)
	case err != nil:
		return fmt.Errorf("the rows were imported, but the mirror could not be told: %w. Run usersync sync --mode full for it", err)
	}
	return nil
}

func (a *app) tellMirror(ctx context.Context, to destination, note usersync.ImportNote) (noted bool, err error) {
	mirror, err := a.openMirror(ctx, to, mirrorUse{})
	if err != nil {
		return false, err
	}
	defer a.closeMirror(mirror)
	return mirror.NoteImport(ctx, note)
}
