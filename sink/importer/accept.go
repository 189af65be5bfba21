package importer

import (
	"context"
	"slices"
	"strings"

	"usersync/adminapi"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// accept takes a completed job's word for the rows that it tells of. Rows that
// it does not tell of, or not clearly, stay open.
func (im *Importer) accept(ctx context.Context, a *attempt, job *adminapi.ImportJob) (fate, error) {
	how := answered
	if job.Error != nil || job.Summary.Total != a.sent || len(job.Details) != a.sent {
		how = died
	}
	byIndex := make(map[int]*adminapi.ImportDetail, len(job.Details))
	for i := range job.Details {
		byIndex[job.Details[i].Index] = &job.Details[i]
	}
	var rows []*row
	var results []userimport.Result
	var strays []usersync.ID
	for _, r := range a.rows {
		detail := byIndex[r.index]
		if detail == nil {
			continue
		}
		result, certain := im.read(a, r, detail)
		result.Job, result.Index = job.ID, r.index
		switch {
		case im.isStray(detail):
			strays = append(strays, result.User)
			result.Outcome = userimport.Failed
			result.Reason = "Authgear made a user without any login ID of it, who should be deleted: the project does not have this one"
		case !certain && result.Outcome == userimport.Failed:
			r.refusal = &result
			continue
		case !certain:
			continue
		}
		rows, results = append(rows, r), append(results, result)
	}
	if im.cfg.Readback {
		if err := im.readBack(ctx, rows, results); err != nil {
			return 0, err
		}
	}
	if err := im.tell(job.ID, rows, results); err != nil {
		return 0, err
	}
	if len(strays) > 0 {
		return 0, &LoginIDError{Identifier: im.cfg.Identifier, Users: strays}
	}
	return how, nil
}

// read is the result by one detail, and whether it is certain. A record that may
// have been sent before can be skipped, or refused, because it was carried out
// the first time.
func (im *Importer) read(a *attempt, r *row, detail *adminapi.ImportDetail) (userimport.Result, bool) {
	result := userimport.Result{Row: r.item.Row, User: r.item.User}
	for _, warning := range detail.Warnings {
		if !isSoAlready(warning) {
			result.Details = append(result.Details, "Authgear: "+warning)
		}
	}
	if detail.UserID != "" {
		id, err := usersync.ParseID(detail.UserID)
		if err != nil {
			return result, false
		}
		if a.update && detail.Outcome == adminapi.ImportUpdated && id != r.item.User {
			result.Details = append(result.Details, "another user had come to hold the identifier, and was updated: "+id.String())
		}
		result.User = id
	}
	switch detail.Outcome {
	case adminapi.ImportInserted:
		result.Outcome = userimport.Created
		if a.update {
			result.Details = append(result.Details, "the user to update was gone by then, so a new one was created")
		}
		return result, result.User != usersync.ID{}
	case adminapi.ImportUpdated:
		result.Outcome = userimport.Updated
		return result, result.User != usersync.ID{}
	case adminapi.ImportSkipped:
		result.Outcome, result.Reason = userimport.Conflict, cameToExist
		result.Details = nil // Authgear's warning says no more
		return result, r.posts == 1 && !a.update
	case adminapi.ImportFailed:
		result.Outcome, result.Reason = userimport.Failed, explain(detail.Errors...)
		return result, r.posts == 1 || a.update
	default:
		return result, false
	}
}

const cameToExist = "the user came to exist while the import ran; run it again"

// isStray says whether a user was made without the login ID that the record is
// matched by.
func (im *Importer) isStray(detail *adminapi.ImportDetail) bool {
	return detail.Outcome == adminapi.ImportInserted && slices.ContainsFunc(detail.Warnings, func(warning string) bool {
		return strings.HasPrefix(warning, string(im.cfg.Identifier)+" is ignored because it is not an allowed login ID")
	})
}

// isSoAlready says whether a warning is that an account is not made what it is:
// disabled, or enabled while its valid period alone keeps it from being used.
// (Read in Authgear's source, account_status.go.)
func isSoAlready(warning string) bool {
	change, is := strings.CutPrefix(warning, "invalid account status transition: ")
	from, to, _ := strings.Cut(change, " -> ")
	return is && (from == to || from == "outside_valid_period" && to == "normal")
}
