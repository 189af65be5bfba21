package main

import (
	"encoding/json"
	"fmt"
	"time"

	"usersync/source"
	usersync "usersync/sync"
)

// A userDocument is what users get --json adds to a user's fields, under names that
// no field has.
type userDocument struct {
	// EffectiveRoles are the keys of all roles, those that groups give too, sorted;
	// missing where Authgear does not tell.
	EffectiveRoles []string `json:"_effective_roles,omitzero"`
	// Mirror is what a mirror knows; missing where none was asked.
	Mirror *rememberedDocument `json:"_mirror,omitzero"`
}

// A rememberedDocument is what --json shows of a mirror's memory.
type rememberedDocument struct {
	Known     bool                    `json:"known"`         // whether it has a row of the user
	FirstSeen *time.Time              `json:"first_seen_at"` // when a run first saw them; null where it has no row
	Deleted   *time.Time              `json:"deleted_at"`    // when a run found them gone, or they were forgotten; null where they are there
	Changes   []usersync.LoggedChange `json:"changes"`       // the user's entries in the change log, the oldest first
}

func rememberedIn(history *source.History) *rememberedDocument {
	if history == nil {
		return nil
	}
	document := &rememberedDocument{Known: history.Known, Changes: append([]usersync.LoggedChange{}, history.Changes...)}
	if document.Known {
		document.FirstSeen = &history.FirstSeen
	}
	if !history.Deleted.IsZero() {
		document.Deleted = &history.Deleted
	}
	return document
}

// printUserJSON prints the user as exports do, and what these do not have.
func (a *app) printUserJSON(known knownUser) error {
	user, fields := known.user, usersync.AllFields()
	if user == nil {
		user, fields = usersync.NewUser(known.id), usersync.FieldSet{}
	}
	line, err := usersync.Record{User: user}.AppendExport(nil, fields, false)
	if err != nil {
		return err
	}
	more, err := json.Marshal(userDocument{EffectiveRoles: known.roles, Mirror: rememberedIn(known.history)})
	if err != nil {
		return fmt.Errorf("write user %s: %w", known.id, err)
	}
	if len(more) > len("{}") {
		line = append(append(line[:len(line)-1], ','), more[1:]...)
	}
	return a.print(jsonFor(a.stdout, line) + "\n")
}
