package importer

import (
	"context"
	"slices"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// lookUpdates settles the updates whose users have what the rows say, or were
// changed by somebody, and makes the others ready to be sent again: those whose
// users are as they were seen before.
func (im *Importer) lookUpdates(ctx context.Context, rows []*row) (*settlement, error) {
	s := newSettlement()
	rows, _, err := im.holdUpdates(ctx, rows, s)
	if err != nil || len(rows) == 0 {
		return s, err
	}
	// A user is not read in one piece: one who is just being updated can look like
	// neither before nor after.
	if err := im.cfg.Wait(ctx, firstLook); err != nil {
		return nil, err
	}
	rows, conflicts, err := im.holdUpdates(ctx, rows, s)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		s.add(r, conflicts[i])
	}
	return s, nil
}

// holdUpdates holds updates against their users as they are now. Of those that look
// like neither before nor after it returns the results that they have if they still
// do at a second look.
func (im *Importer) holdUpdates(ctx context.Context, rows []*row, s *settlement) ([]*row, []userimport.Result, error) {
	read, at := im.cfg.Now(), im.serverTime()
	users, err := im.users(ctx, usersOf(rows))
	if err != nil {
		return nil, nil, err
	}
	var strange []*row
	var conflicts []userimport.Result
	for _, r := range rows {
		user := users[r.item.User]
		if user == nil {
			s.add(r, userimport.Result{Outcome: userimport.Conflict, User: r.item.User, Reason: "the user is gone; run it again"})
			continue
		}
		verdict := userimport.Judge(r.item.Record, user, im.cfg.Identifier, at)
		if verdict.Outcome == userimport.Conflict {
			strange = append(strange, r)
			conflicts = append(conflicts, userimport.Result{Outcome: userimport.Conflict, User: user.ID, Reason: verdict.Reason})
			continue
		}
		effect := userimport.EffectAt(verdict.Record, user, im.cfg.Identifier, at)
		asWritten := userimport.EffectAt(r.item.Record, user, im.cfg.Identifier, at)
		switch standing := im.standing(r, user, effect, asWritten); standing {
		case unlike:
			strange = append(strange, r)
			conflicts = append(conflicts, userimport.Result{
				Outcome: userimport.Conflict, User: user.ID, Details: missing(effect.Missing()),
				Reason: "it was sent, and somebody changed the user meanwhile, who is not all that the row says; run it again",
			})
		case updated:
			s.add(r, userimport.Result{Outcome: userimport.Updated, User: user.ID, ReadBack: true, Details: missing(effect.Missing())})
		case asSeen, updatedPerhaps:
			r.fits = standing == updatedPerhaps
			r.item.Seen, r.item.Read = verdict.Seen, read
			if err := r.rewrite(verdict.Record); err != nil {
				return nil, nil, err
			}
		}
	}
	return strange, conflicts, nil
}

// A standing is how the user of an update that was sent is found to be.
type standing uint8

const (
	asSeen         standing = iota // as they were before: it was not carried out
	updated                        // as the row says
	updatedPerhaps                 // as the row says but for what cannot be read, or is left out: to send it again changes nothing else
	unlike                         // neither
)

// standing tells by what an update would do to the user as they are now, and by what
// it would as the row writes it: a flag that goes with a new login ID in a spelling
// of its own was passed over, and would not be now.
func (im *Importer) standing(r *row, user *usersync.User, effect, asWritten userimport.Effect) standing {
	passedOver := func(d userimport.Difference) bool {
		return slices.ContainsFunc(asWritten.Ineffective, func(other userimport.Difference) bool { return other.Field == d.Field })
	}
	isMissing := func(d userimport.Difference) bool { return !im.isLeftOut(d) && !passedOver(d) }
	switch {
	case len(effect.Changes) == 0 && effect.Unreadable == "":
		return updated
	case len(effect.Changes) == 0:
		return updatedPerhaps
	case userimport.SeenOf(user) == r.item.Seen: // the zero fingerprint is nobody's
		return asSeen
	case slices.ContainsFunc(effect.Changes, isMissing):
		return unlike
	case effect.Unreadable != "", slices.ContainsFunc(effect.Changes, im.isLeftOut):
		return updatedPerhaps
	default:
		return updated
	}
}
