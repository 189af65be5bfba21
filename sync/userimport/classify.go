package userimport

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	usersync "usersync/sync"
)

// A Verdict is what is to become of a row.
type Verdict struct {
	// Outcome is Created, Updated, Unchanged, Skipped, Conflict or Rejected.
	Outcome Outcome
	User    usersync.ID // who has the row's identifier, where that is one user
	// Record is what to send: for somebody new without what has no effect then,
	// for a user who exists with login IDs in the spelling that Authgear has, and
	// without flags that the user has already.
	Record Record
	// Seen is the fingerprint over [Settable] of a user who is to be updated.
	Seen        usersync.Fingerprint
	Differences []Difference // what an update changes
	// Reason is why a row is in conflict or rejected, or updated without a
	// difference.
	Reason string
	// Warnings and Notes are what the row's result should say: what somebody should
	// look at, and the rest.
	Warnings, Notes []string
}

// A Classifier finds out what is to become of rows, by who exists.
type Classifier struct {
	Directory  Directory
	Identifier Identifier
	// Upsert lets users who exist get what their rows say; otherwise they are
	// skipped, and not read.
	Upsert bool
	// At is the time, by which a user who is disabled within the account's valid
	// period is told from one who is outside of it. The zero time tells neither.
	At time.Time
}

// Classify says what is to become of each of some rows, in their order. It asks
// for all of them at once: the more rows, the fewer requests; a few hundred make
// good use of a server.
func (c *Classifier) Classify(ctx context.Context, rows []Item) ([]Verdict, error) {
	held, err := c.find(ctx, rows)
	if err != nil {
		return nil, err
	}
	verdicts := make([]Verdict, len(rows))
	var existing []usersync.ID
	for i, row := range rows {
		verdicts[i] = c.place(row.Record, held)
		if verdicts[i].Outcome == Updated {
			existing = append(existing, verdicts[i].User)
		}
	}
	users, err := c.read(ctx, existing)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if verdicts[i].Outcome != Updated {
			continue
		}
		id := verdicts[i].User
		if user := users[id]; user != nil {
			verdicts[i] = Judge(row.Record, user, c.Identifier, c.At)
		} else {
			verdicts[i] = Verdict{Outcome: Conflict, User: id, Reason: "the user was deleted while rows were compared; run it again"}
		}
	}
	return verdicts, nil
}

// holders are who holds which login IDs.
type holders map[Identifier]map[string]Found

// find asks who holds the login IDs of some rows.
func (c *Classifier) find(ctx context.Context, rows []Item) (holders, error) {
	group, ctx := errgroup.WithContext(ctx)
	held := make(holders)
	for _, kind := range Identifiers() {
		var values []string
		for _, row := range rows {
			if value := row.Record.LoginID(kind); value != "" {
				values = append(values, value)
			}
		}
		if len(values) == 0 {
			continue
		}
		values = sortedSet(values)
		byValue := make(map[string]Found, len(values))
		held[kind] = byValue
		group.Go(func() error {
			found, err := c.Directory.Find(ctx, kind, values)
			if err != nil {
				return err
			}
			for i, value := range values {
				byValue[value] = found[i]
			}
			return nil
		})
	}
	return held, group.Wait()
}

// read reads users, each once.
func (c *Classifier) read(ctx context.Context, ids []usersync.ID) (map[usersync.ID]*usersync.User, error) {
	slices.SortFunc(ids, compareIDs)
	ids = slices.Compact(ids)
	read := make([]*usersync.User, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	for start := 0; start < len(ids); start += usersync.LookupBatch {
		end := min(start+usersync.LookupBatch, len(ids))
		group.Go(func() error {
			users, err := c.Directory.Users(ctx, ids[start:end])
			if err != nil {
				return err
			}
			copy(read[start:end], users)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	byID := make(map[usersync.ID]*usersync.User, len(ids))
	for i, id := range ids {
		byID[id] = read[i]
	}
	return byID, nil
}

func compareIDs(a, b usersync.ID) int { return slices.Compare(a[:], b[:]) }

// place says what is to become of a row by who holds its login IDs. Updated
// means that the user is still to be compared.
func (c *Classifier) place(record Record, held holders) Verdict {
	for _, kind := range Identifiers() {
		value := record.LoginID(kind)
		switch {
		case value == "" && kind == c.Identifier:
			return Verdict{Outcome: Rejected, Reason: fmt.Sprintf("there is no %s, which users are found by", kind)}
		case held[kind][value].Invalid:
			return Verdict{Outcome: Rejected, Reason: fmt.Sprintf("Authgear does not take the %s for one", kind)}
		}
	}
	matched := held[c.Identifier][record.LoginID(c.Identifier)].IDs
	if len(matched) > 1 {
		return Verdict{Outcome: Conflict, Reason: fmt.Sprintf("the %s belongs to %s", c.Identifier, usersText(matched))}
	}
	var verdict Verdict
	if len(matched) == 1 {
		verdict.User = matched[0]
	}
	if reason := c.foreign(record, held, matched); reason != "" {
		verdict.Outcome, verdict.Reason = Conflict, reason
		return verdict
	}
	switch {
	case len(matched) == 0:
		verdict.Outcome, verdict.Record = Created, record.ForNewUser()
	case c.Upsert:
		verdict.Outcome = Updated
	default:
		verdict.Outcome = Skipped
	}
	return verdict
}

// foreign says which of the row's other login IDs belong to somebody else than
// the user who has its identifier: Authgear would refuse them.
func (c *Classifier) foreign(record Record, held holders, matched []usersync.ID) string {
	for _, kind := range Identifiers() {
		if kind == c.Identifier {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(held[kind][record.LoginID(kind)].IDs), func(id usersync.ID) bool {
			return slices.Contains(matched, id)
		})
		switch {
		case len(others) == 0:
		case len(matched) == 0:
			return fmt.Sprintf("nobody has the %s, but the %s belongs to %s", c.Identifier, kind, usersText(others))
		default:
			return fmt.Sprintf("the %s belongs to one user, the %s to %s", c.Identifier, kind, usersText(others))
		}
	}
	return ""
}

// usersText names users, the first few of many.
func usersText(ids []usersync.ID) string {
	const named = 3
	if len(ids) == 1 {
		return "user " + ids[0].String()
	}
	texts := make([]string, 0, named+1)
	for i, id := range ids {
		if i == named {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, id.String())
	}
	return fmt.Sprintf("%d users (%s)", len(ids), strings.Join(texts, ", "))
}

// Judge says what is to become of a row whose identifier a user has, who was
// read with at least [Settable]: Updated, Unchanged, or Conflict. The time is as
// in a [Classifier].
func Judge(record Record, user *usersync.User, identifier Identifier, at time.Time) Verdict {
	c := newComparing(Respelled(record, user, identifier), user, identifier, at)
	c.compare()
	effect := c.effect
	verdict := Verdict{User: user.ID}
	switch {
	case effect.Refusal != "":
		verdict.Outcome, verdict.Reason = Conflict, effect.Refusal
		return verdict
	case len(effect.Changes) > 0:
		verdict.Outcome, verdict.Differences = Updated, effect.Changes
	case effect.Unreadable != "":
		verdict.Outcome, verdict.Reason = Updated, effect.Unreadable+" cannot be compared"
	default:
		verdict.Outcome = Unchanged
	}
	verdict.Record, verdict.Seen = c.needed(), SeenOf(user)
	verdict.Warnings, verdict.Notes = effect.Warnings, effect.Notes
	return verdict
}
