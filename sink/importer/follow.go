package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"usersync/adminapi"
)

// Pauses between asking how far a job is, growing from the first to the last.
const (
	firstPoll = 200 * time.Millisecond
	lastPoll  = 10 * time.Second
)

// timeout is how long a job of so many records may be pending.
func (im *Importer) timeout(records int) time.Duration {
	if im.cfg.JobTimeout > 0 {
		return im.cfg.JobTimeout
	}
	return 10*time.Minute + time.Duration(records)*2*time.Second
}

// deadline is when the job of a POST counts as stuck, by the server's clock. One
// that an earlier run made may have had no time at all since: the server may have
// been away as well.
func (im *Importer) deadline(a *attempt) time.Time {
	from := a.posted
	if now := im.serverTime(); a.resumed && now.After(from) {
		from = now
	}
	deadline, forgotten := from.Add(im.timeout(a.sent)), a.posted.Add(jobMemory)
	if deadline.After(forgotten) {
		return forgotten
	}
	return deadline
}

// follow asks how far a job is until it has ended, and gives the rows their
// results that have one by its answer.
func (im *Importer) follow(ctx context.Context, a *attempt) (fate, error) {
	deadline := im.deadline(a)
	for pause := firstPoll; ; pause = min(pause*3/2, lastPoll) {
		job, err := im.cfg.Client.ImportJob(ctx, a.job)
		switch {
		case err == nil && job.Status == adminapi.ImportCompleted:
			return im.accept(ctx, a, job)
		case err == nil && !im.serverTime().Before(deadline):
			return stuck, nil
		case err != nil && ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil:
			return im.unfollowed(ctx, a, err)
		}
		if err := im.cfg.Wait(ctx, pause); err != nil {
			return 0, err
		}
	}
}

// unfollowed is the fate of a job that cannot be asked for. The client has
// repeated the question where that could help.
func (im *Importer) unfollowed(ctx context.Context, a *attempt, err error) (fate, error) {
	refusal, is := errors.AsType[*adminapi.Error](err)
	switch {
	case is && refusal.Reason == adminapi.ReasonTaskNotFound:
		return forgotten, nil
	case is && refusal.Unauthorized():
		return 0, fmt.Errorf("ask what became of %d records: %w", len(a.rows), err)
	default:
		im.cfg.Log.WarnContext(ctx, "a job cannot be asked for; its users are read instead", "job", a.job, "error", err)
		return lost, nil
	}
}
