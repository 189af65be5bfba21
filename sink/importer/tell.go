package importer

import (
	"slices"

	"usersync/sync/userimport"
)

// tell gives rows that were sent their results, of a job or of none: on the disk
// first, then to whoever is told.
func (im *Importer) tell(job string, rows []*row, results []userimport.Result) error {
	if len(rows) == 0 {
		return nil
	}
	im.telling.Lock()
	defer im.telling.Unlock()
	if err := im.journal.results(job, results); err != nil {
		im.breakOff(err)
		return err
	}
	return im.emit(rows, results)
}

// tellUnsent gives a row its result that was never sent: the journal has only what
// was.
func (im *Importer) tellUnsent(r *row, result userimport.Result) error {
	im.telling.Lock()
	defer im.telling.Unlock()
	return im.emit([]*row{r}, []userimport.Result{result})
}

// leave gives rows the results that they have by the import having stopped. The
// journal knows by their POSTs how far they are. Where nobody takes results any
// more, that is an error of Finish.
func (im *Importer) leave(rows []*row) {
	var left []*row
	var results []userimport.Result
	for _, r := range rows {
		if r.done {
			continue
		}
		result := userimport.Result{
			Row: r.item.Row, User: r.item.User, Outcome: userimport.NotSent,
			Reason: "the import stopped before; run the same command again",
		}
		if r.posts > 0 {
			result.Outcome = userimport.Unknown
			result.Reason = "it was sent, and what came of it is not known yet; run the same command again to find out"
		}
		left, results = append(left, r), append(results, result)
	}
	im.mutex.Lock()
	im.unproven += len(left)
	im.mutex.Unlock()
	im.telling.Lock()
	defer im.telling.Unlock()
	_ = im.emit(left, results) // Finish has its error
}

// emit needs the telling lock.
func (im *Importer) emit(rows []*row, results []userimport.Result) error {
	for i, result := range results {
		r := rows[i]
		r.done, r.outcome, r.why = true, result.Outcome, result.Reason
		result.Details = append(slices.Clone(r.item.Warnings), result.Details...)
		result.Notes = r.item.Notes
		if err := im.cfg.Emit(result); err != nil {
			im.breakOff(err)
			im.unheard = err
			return err
		}
	}
	return nil
}
