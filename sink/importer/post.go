package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"usersync/adminapi"
	"usersync/sync/userimport"
)

// post sends an attempt, once. It leaves the job's ID in it, or none when
// nobody knows whether it was carried out. What was refused comes back as
// smaller attempts, or ends the import.
func (im *Importer) post(ctx context.Context, a *attempt) ([]attempt, error) {
	request := adminapi.ImportRequest{Identifier: string(im.cfg.Identifier), Upsert: a.update}
	size := 0
	for _, r := range a.rows {
		request.Records = append(request.Records, r.body)
		size += len(r.body)
	}
	size = adminapi.ImportBodySize(request.Identifier, a.update, len(a.rows), size)
	at := im.serverTime()
	seq, err := im.journal.post(a, at, size)
	if err != nil {
		im.breakOff(err)
		return nil, err
	}
	a.sent, a.posted = len(a.rows), at
	job, err := im.cfg.Client.ImportUsers(ctx, request)
	if err != nil && !adminapi.MayHaveHappened(err) {
		return im.refused(a, seq, err)
	}
	for i, r := range a.rows {
		if r.posts == 0 {
			r.first = at
		}
		r.posts++
		r.tries++
		r.index, r.refusal = i, nil
	}
	im.count(size, job)
	if err != nil {
		im.cfg.Log.WarnContext(ctx, "an import was not answered", "records", len(a.rows), "error", err)
		return nil, im.note(entry{Lost: &seqEntry{Seq: seq}})
	}
	a.job = job.ID
	im.cfg.Log.DebugContext(ctx, "import sent", "job", job.ID, "records", len(a.rows), "bytes", size, "upsert", a.update)
	return nil, im.note(entry{Posted: &postedEntry{Seq: seq, Job: job.ID}})
}

// note writes a line, without which nothing may go on.
func (im *Importer) note(line entry) error {
	err := im.journal.write(line)
	if err != nil {
		im.breakOff(err)
	}
	return err
}

func (im *Importer) count(size int, job *adminapi.ImportJob) {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	im.traffic.Bytes += int64(size)
	if job != nil {
		im.traffic.Jobs++
	}
}

// refused makes something of an attempt that was certainly not carried out.
func (im *Importer) refused(a *attempt, seq int, err error) ([]attempt, error) {
	refusal, is := errors.AsType[*adminapi.Error](err)
	if !is {
		refusal = &adminapi.Error{} // it was not sent, for a reason that is not the server's
	}
	quota := refusal.Reason == adminapi.ReasonUsageLimit
	tooLarge := refusal.Status == http.StatusRequestEntityTooLarge || refusal.Reason == adminapi.ReasonTooLarge
	malformed := refusal.Status == http.StatusBadRequest
	if (tooLarge || malformed) && len(a.rows) == 1 {
		r := a.rows[0]
		result := userimport.Result{Row: r.item.Row, User: r.item.User, Outcome: userimport.Failed}
		if tooLarge {
			result.Outcome = userimport.Rejected
			result.Reason = fmt.Sprintf("its %d bytes of JSON are more than Authgear takes, or a gateway before it, even alone", len(r.body))
		} else if result.Reason, err = explainRefusal(refusal); err != nil {
			return nil, err
		}
		return nil, im.tell("", a.rows, []userimport.Result{result})
	}
	if noteErr := im.note(entry{Refused: &seqEntry{Seq: seq}}); noteErr != nil {
		return nil, noteErr
	}
	switch {
	case (quota || tooLarge || malformed) && len(a.rows) > 1:
		// The quota counts records, and a batch that goes beyond it takes nothing
		// of it: a smaller one may pass. So may one that a gateway takes, and one
		// without the record that makes it malformed.
		return im.halves(a.rows, a.update), nil
	case quota:
		return nil, &userimport.QuotaError{Period: refusal.Period()}
	default:
		return nil, fmt.Errorf("send %d records: %w", len(a.rows), err)
	}
}

// explainRefusal is the reason of a record that made its request be refused.
func explainRefusal(refusal *adminapi.Error) (string, error) {
	info, err := json.Marshal(refusal.Info)
	return explain(adminapi.ImportError{Name: refusal.Name, Reason: refusal.Reason, Message: refusal.Message, Info: info}), err
}
