package soak_test

import (
	"errors"
	"fmt"
	"time"

	"usersync/adminapi/emulator"
)

// event does one thing of those that ruin a naive copy. Some of them cannot be
// done to whom they fall on; then nothing happens.
func (at *town) event() {
	at.pass(time.Duration(1+at.dice.IntN(5000)) * time.Microsecond)
	people := at.people()
	if len(people) == 0 {
		_ = at.come(1 + at.dice.IntN(5))
		return
	}
	p, someone := at.Project(), people[at.dice.IntN(len(people))]
	if at.dice.IntN(8) == 0 {
		p = p.Unaudited() // by the User Import API, or a row of the audit log was lost
	}
	var err error
	switch kind := at.dice.IntN(100); {
	case kind < 15:
		err = at.come(1)
	case kind < 40:
		err = p.Delete(someone.ID)
	case kind < 55:
		err = p.Update(someone.ID, func(u *emulator.User) { u.StandardAttributes["name"] = fmt.Sprint("Renamed ", at.dice.IntN(1000)) })
	case kind < 62:
		err = p.AssignRoles(someone.ID, "reader")
	case kind < 67:
		err = p.UnassignRoles(someone.ID, "reader", "writer")
	case kind < 73: // the same person comes back as another user
		email, _ := someone.StandardAttributes["email"].(string)
		err = errors.Join(p.Delete(someone.ID), at.create(p, at.now(), email))
	case kind < 78:
		err = at.come(2 + at.dice.IntN(60))
	case kind < 82: // whole pages go
		first := at.dice.IntN(len(people))
		for _, u := range people[first:min(len(people), first+50+at.dice.IntN(200))] {
			err = errors.Join(err, p.Delete(u.ID))
		}
	case kind < 88: // a transaction that began a while ago ends
		err = at.create(p, at.now().Add(-time.Duration(at.dice.IntN(30))*time.Second), "")
	case kind < 92: // at the very time of someone else
		err = at.create(p.Unaudited(), someone.CreatedAt, "")
	case kind < 95:
		err = p.SetDisabled(someone.ID, !someone.Disabled, "")
	case kind < 98:
		err = p.Anonymize(someone.ID)
	default:
		err = at.rename()
	}
	_ = err
}

// come lets people come at one time.
func (at *town) come(count int) error {
	var err error
	now := at.now()
	for range min(count, max(0, fullTown-at.Project().Len())) {
		err = errors.Join(err, at.create(at.Project(), now, ""))
	}
	return err
}

// rename gives a role that many may have another key, and back.
func (at *town) rename() error {
	if at.Project().RenameRole("reader", "browser") == nil {
		return nil
	}
	return at.Project().RenameRole("browser", "reader")
}
