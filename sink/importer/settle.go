package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// How long a POST without an answer is left to be carried out: a moment, and as
// long as its records may take. Its users are looked for meanwhile, more and
// more seldom.
const (
	settleMoment = 3 * time.Second
	settleRecord = 50 * time.Millisecond
	firstLook    = 500 * time.Millisecond
)

// settle finds out by the users themselves what became of rows that the server
// has not told of. Rows that stay open were not carried out, as far as anybody
// can see: what may come later can do no harm, as creates are only ever sent to
// be skipped where the user exists, and an update that is sent again, to a user who
// is as before, says the same again.
func (im *Importer) settle(ctx context.Context, a *attempt, how fate) error {
	if how != lost {
		return im.look(ctx, a) // it is over, or nobody knows when
	}
	for pause, patience := firstLook, settlePatience(len(a.rest())); patience > 0; {
		pause = min(pause, patience)
		if err := im.cfg.Wait(ctx, pause); err != nil {
			return err
		}
		before := len(a.rest())
		if err := im.look(ctx, a); err != nil {
			return err
		}
		switch after := len(a.rest()); {
		case after == 0:
			return nil
		case after < before: // they are being worked through
			pause, patience = firstLook, settlePatience(after)
		default:
			pause, patience = 2*pause, patience-pause
		}
	}
	return nil
}

func settlePatience(records int) time.Duration {
	return settleMoment + time.Duration(records)*settleRecord
}

// look reads the users of open rows once.
func (im *Importer) look(ctx context.Context, a *attempt) error {
	rest := a.rest()
	for len(rest) > 0 {
		batch := rest[:min(usersync.LookupBatch, len(rest))]
		rest = rest[len(batch):]
		read := im.lookCreates
		if a.update {
			read = im.lookUpdates
		}
		s, err := read(ctx, batch)
		if err != nil {
			return fmt.Errorf("find out what became of %d records: %w", len(batch), err)
		}
		for job, rows := range s.rows {
			if err := im.tell(job, rows, s.results[job]); err != nil {
				return err
			}
		}
	}
	return nil
}

// A settlement is rows that were settled, by the job whose answer counts after
// all; those that were read back have none.
type settlement struct {
	rows    map[string][]*row
	results map[string][]userimport.Result
}

func newSettlement() *settlement {
	return &settlement{rows: make(map[string][]*row), results: make(map[string][]userimport.Result)}
}

func (s *settlement) add(r *row, result userimport.Result) {
	result.Row = r.item.Row
	s.rows[result.Job] = append(s.rows[result.Job], r)
	s.results[result.Job] = append(s.results[result.Job], result)
}

// lookCreates settles the creates whose users exist.
func (im *Importer) lookCreates(ctx context.Context, rows []*row) (*settlement, error) {
	values := make([]string, len(rows))
	for i, r := range rows {
		values[i] = r.item.Record.LoginID(im.cfg.Identifier)
	}
	found, err := im.cfg.Directory.Find(ctx, im.cfg.Identifier, values)
	if err != nil {
		return nil, err
	}
	if len(found) != len(rows) {
		return nil, fmt.Errorf("%d answers to %d questions", len(found), len(rows))
	}
	var ids []usersync.ID
	for _, holders := range found {
		ids = append(ids, holders.IDs...)
	}
	at := im.serverTime()
	users, err := im.users(ctx, ids)
	if err != nil {
		return nil, err
	}
	s := newSettlement()
	for i, r := range rows {
		if result := im.created(r, found[i].IDs, users, at); result != nil {
			s.add(r, *result)
		}
	}
	return s, nil
}

// created is the result of a create by those who hold its identifier, who were read
// at a time by the server's clock; nil if nobody does.
func (im *Importer) created(r *row, holders []usersync.ID, users map[usersync.ID]*usersync.User, at time.Time) *userimport.Result {
	var conflict *userimport.Result
	for _, id := range holders {
		user := users[id]
		if user == nil {
			continue // deleted in between
		}
		effect := userimport.EffectAt(r.item.Record, user, im.cfg.Identifier, at)
		switch {
		case createdAt(user).Before(r.first.Add(-skew)):
			conflict = &userimport.Result{Outcome: userimport.Conflict, User: id, Reason: cameToExist}
		case slices.ContainsFunc(effect.Changes, im.isNotLeftOut) || effect.Refusal != "":
			conflict = &userimport.Result{
				Outcome: userimport.Conflict, User: id, Details: missing(effect.Changes),
				Reason: "a user came to exist while the import ran who is not all that the row says; run it again",
			}
		default:
			return &userimport.Result{Outcome: userimport.Created, User: id, ReadBack: true, Details: missing(effect.Missing())}
		}
	}
	if conflict == nil {
		return r.refusal
	}
	return conflict
}

// isLeftOut says whether what a user who was created or updated differs by is a
// custom attribute that is not there: Authgear leaves out those that the project
// does not know, without a word. Those that are seen on users it knows.
func (im *Importer) isLeftOut(d userimport.Difference) bool {
	name, isCustom := strings.CutPrefix(d.Field, "custom_attributes.")
	_, known := im.cfg.Project.CustomAttributes[name]
	return d.Old == nil && isCustom && !known
}

func (im *Importer) isNotLeftOut(d userimport.Difference) bool { return !im.isLeftOut(d) }

func createdAt(user *usersync.User) time.Time {
	field, _ := userimport.Settable().Lookup("created_at")
	at, _ := user.Get(field).(time.Time)
	return at
}

// users reads users, as many at once as possible.
func (im *Importer) users(ctx context.Context, ids []usersync.ID) (map[usersync.ID]*usersync.User, error) {
	users := make(map[usersync.ID]*usersync.User, len(ids))
	for len(ids) > 0 {
		batch := ids[:min(usersync.LookupBatch, len(ids))]
		ids = ids[len(batch):]
		answers, err := im.cfg.Directory.Users(ctx, batch)
		if err != nil {
			return nil, err
		}
		if len(answers) != len(batch) {
			return nil, fmt.Errorf("%d answers about %d users", len(answers), len(batch))
		}
		for i, id := range batch {
			users[id] = answers[i]
		}
	}
	return users, nil
}
