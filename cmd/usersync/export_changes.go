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
	since, err := parseSince(o.changesSince)
	if err != nil {
		return err
	}
	return job.write(o.out, "change", func(out io.Writer) (err error) {
		var changes *exportfile.Changes // once it is clear that there is a log
		progress := a.showProgress(job.bar, progressWords{doing: "reading changes", of: "changes"})
		defer progress.close()
		var reach source.Reach
		for change, err := range mirror.Changes(ctx, since, &reach) {
			if err != nil {
				return err
			}
			if changes == nil {
				if changes, err = exportfile.NewChanges(out, job.form); err != nil {
					return err
				}
			}
			if err := changes.Write(change); err != nil {
				return err
			}
			job.written++
			progress.update(usersync.Progress{Users: job.written, Total: -1})
		}
		if changes == nil {
			if _, err := exportfile.NewChanges(out, job.form); err != nil {
				return err
			}
		}
		if reach.From.Before(reach.CompleteSince) {
			a.logger.Warn("the change log tells everything only since " + instant(reach.CompleteSince) + "; what was before that may be missing")
		}
		return nil
	})
}

// parseSince reads a time, a day in UTC, or a run's ID.
func parseSince(text string) (source.Since, error) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return source.Since{Time: at}, nil
		}
	}
	const begin = "20060102-150405-" // of a run's ID
	if len(text) <= len(begin) {
		return source.Since{}, notSince(text)
	}
	if _, err := time.Parse(begin, text[:len(begin)]); err != nil {
		return source.Since{}, notSince(text)
	}
	return source.Since{RunID: text}, nil
}

func notSince(text string) error {
	return usageErrorf("--changes-since %q is neither a run's ID, such as 20261123-031500-q7m2ka, nor a time, such as 2026-11-23 or 2026-11-23T03:15:00Z. See: usersync runs list", text)
}
