package importer

import (
	"context"
	"fmt"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// stale is how old what was read of a user may be when an update of them is sent.
const stale = 10 * time.Minute

// refresh reads the users of updates once more who were read too long ago, as rows
// can wait for long: in the body that fills, for a job's room, behind a job that is
// stuck. Those whose rows send back what was read are read however short that was
// ago: of them an update would overwrite more than the row says. Whoever was changed
// meanwhile is in conflict, and left out.
func (im *Importer) refresh(ctx context.Context, a *attempt) error {
	if !a.update {
		return nil
	}
	var unsent, sent []*row
	for _, r := range a.rows {
		switch old := im.isStale(r.item.Read) || r.sendsBack; {
		case old && r.posts > 0:
			sent = append(sent, r)
		case old:
			unsent = append(unsent, r)
		}
	}
	if err := im.refreshUnsent(ctx, unsent); err != nil {
		return err
	}
	// What an earlier POST came to may be seen by now.
	if err := im.look(ctx, &attempt{update: true, rows: sent}); err != nil {
		return err
	}
	a.rows = a.rest()
	return nil
}

// isStale goes by the time of day: the clock by which Go measures durations stands
// still while a laptop's lid is closed. One that was set back proves nothing.
func (im *Importer) isStale(read time.Time) bool {
	age := im.cfg.Now().Round(0).Sub(read.Round(0))
	return age < 0 || age > stale
}

func (im *Importer) refreshUnsent(ctx context.Context, rows []*row) error {
	read := im.cfg.Now()
	users, err := im.users(ctx, usersOf(rows))
	if err != nil {
		return fmt.Errorf("read the users of %d updates once more: %w", len(rows), err)
	}
	for _, r := range rows {
		if user := users[r.item.User]; user != nil && userimport.SeenOf(user) == r.item.Seen {
			r.item.Read = read
			continue
		}
		result := userimport.Result{Row: r.item.Row, User: r.item.User, Outcome: userimport.Conflict, Reason: userimport.ChangedMeanwhile}
		if err := im.tellUnsent(r, result); err != nil {
			return err
		}
	}
	return nil
}

// usersOf are those whom updates are about.
func usersOf(rows []*row) []usersync.ID {
	ids := make([]usersync.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.item.User
	}
	return ids
}
