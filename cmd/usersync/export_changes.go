package main

import (
	"context"
	"io"
	"time"

	"usersync/sink/exportfile"
	"usersync/source"
	usersync "usersync/sync"
)

// exportChanges writes rows of the change log instead of users.
func (a *app) exportChanges(ctx context.Context, o *exportOptions, job *exportJob) error {
	mirror, is := job.users.(*source.Postgres)
	if !is {
		return usageErrorf("--changes-since reads the change log, which only a mirror in Postgres has. Add --from postgres")
	}
	since := parseSince(o.changesSince)
	return job.write(o.out, "change", func(out io.Writer) error {
		changes, err := exportfile.NewChanges(out, job.form)
		if err != nil {
			return err
		}
		progress := a.showProgress(a.stderr.isTerminal() && !a.logging.quiet, progressWords{doing: "reading changes", of: "changes"})
		defer progress.close()
		var reach source.Reach
		for change, err := range mirror.Changes(ctx, since, &reach) {
			if err != nil {
				return err
			}
			if err := changes.Write(change); err != nil {
				return err
			}
			job.written++
			progress.update(usersync.Progress{Users: job.written, Total: -1})
		}
		if reach.From.Before(reach.CompleteSince) {
			a.logger.Warn("the change log tells everything only since " + instant(reach.CompleteSince) + "; what was before that may be missing")
		}
		return nil
	})
}

// parseSince takes for a run's ID what is neither a time nor a day, in UTC.
func parseSince(text string) source.Since {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return source.Since{Time: at}
		}
	}
	return source.Since{RunID: text}
}
