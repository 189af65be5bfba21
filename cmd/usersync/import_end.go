package main

import (
	"context"
	"errors"

	"usersync/sink/importreport"
	"usersync/sync/userimport"
)

// writeDown writes the results and the rejects, also of an import that ended
// early, once it is known what became of each row.
func (job *importJob) writeDown(ctx context.Context, report *userimport.Report) error {
	if job.results == nil || report.Rows == 0 {
		return nil
	}
	if whole := report.DryRun || job.results.Check(report.Rows) == nil; !whole {
		return nil // the import's own error says what is missing
	}
	if err := job.clearWay(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if path := job.places.results; path != "" {
		if err := job.results.WriteResults(ctx, path, job.in, secretColumns(job.mapping)); err != nil {
			return err
		}
		job.files.results = report.Rows
	}
	if job.places.rejects.Path == "" {
		return nil
	}
	written, err := job.results.WriteRejects(ctx, job.places.rejects, job.in)
	job.files.rejects = written
	return err
}

// clearWay puts the results of an earlier import aside. Those that a run before
// wrote of this one are replaced: the new ones say all that they do.
func (job *importJob) clearWay() error {
	if job.cleared || job.places.results == "" || job.plan.Done+job.plan.Open > 0 {
		return nil
	}
	job.cleared = true
	return importreport.PutAside(job.places.results)
}

// close gives everything back. The journal comes to its end only when the results
// are on disk: until then the same command can be run again for them.
func (job *importJob) close(report *userimport.Report, ended error) error {
	var err error
	if job.sender != nil && job.unsaid == nil {
		err = errors.Join(job.dropJournal(report), job.sender.Close())
	}
	if job.results != nil {
		err = errors.Join(err, job.results.Close())
	}
	return errors.Join(err, job.leaveTable(report, errors.Join(ended, err)))
}

// leaveTable closes the table. Rows that cannot be read again are kept while the
// import has not come to its end, and removed afterwards, or when none of them
// was sent and it was this run that put them there.
func (job *importJob) leaveTable(report *userimport.Report, ended error) error {
	if job.in.spool == nil {
		return job.in.Close()
	}
	whole := ended == nil && !report.DryRun &&
		report.Outcomes[userimport.Unknown]+report.Outcomes[userimport.NotSent] == 0
	if whole || job.in.made && !job.approved {
		return job.in.spool.remove(job.in.File)
	}
	job.files.spool = job.in.path
	return errors.Join(job.in.Close(), job.in.spool.leave())
}
