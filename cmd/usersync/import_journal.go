package main

import (
	"cmp"
	"fmt"
	"os"

	"usersync/sink/importer"
	"usersync/sync/userimport"
)

// noteJournal lets a dry run tell of a journal that the real one will meet.
func (job *importJob) noteJournal() {
	if !job.options.dryRun {
		return
	}
	folder := cmp.Or(job.options.journal, job.in.path+".import")
	learned, err := importer.Learned(folder)
	switch {
	case err != nil:
		job.plan.Notes = append(job.plan.Notes, fmt.Sprintf("the import itself will be refused: %v", err))
	case learned != nil:
		job.plan.Notes = append(job.plan.Notes, fmt.Sprintf("the journal in %s is that of an import that has not come to its end. "+
			"If it was of the same rows by the same options, the import goes on where that one ended; if not, it will be refused: "+
			"finish that one, name another --journal, or add --restart to give up what it knows", folder))
	}
}

// dropJournal removes the journal of an import to which nobody said yes, if it has
// nothing else to tell. The lock is still held, so that no other run writes to it.
func (job *importJob) dropJournal(report *userimport.Report) error {
	if !job.declined || job.plan.Done+job.plan.Open > 0 {
		return nil
	}
	folder := job.places.journal
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("remove the empty journal: %w", err)
	}
	// The journal and its lock; more is what an earlier import left there.
	if len(entries) > 2 {
		return nil
	}
	if err := os.RemoveAll(folder); err != nil { //nolint:gosec // the folder that this run made
		return fmt.Errorf("remove the empty journal: %w", err)
	}
	report.Journal = ""
	return nil
}
