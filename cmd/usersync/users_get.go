package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"usersync/source"
	usersync "usersync/sync"
)

func (a *app) getUserCommand(o *usersOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get USER",
		Short: "Show everything about one user",
		Long: `Show everything that Authgear knows about one user: how the account stands, roles (the
user's own, and those that groups give), groups, attributes, verified claims and
identities. Secrets are never asked for.

USER is an ID (the sub in tokens, or the ID of GraphQL, which begins with VXNlcjo), or
something with an @ for an email address, something with a + before it for a phone
number, or else a username. Case does not matter, nor do spaces and dashes in a phone
number. Authgear looks these up in its database, so what was written just now is seen.
If several share it, all are shown. If there is nobody, the exit code is 1.

With --to it also shows the user's history from the mirror's change log, and whether
the mirror knows the user to be gone; for somebody who is gone from Authgear, give the
ID. Only mirrors in Postgres have a change log: DEST is postgres://USER@HOST/DATABASE, or
postgres for the database whose URL is in DATABASE_URL.

In JSON, all roles are under _effective_roles, and the history is under _mirror.`,
		Example: `  usersync users get ann@example.com
  usersync users get "+852 9123 4567" --json
  usersync users get 4df76823-72ce-4665-b873-61bd278a7505 --to postgres`,
		Args: exactlyOne("ID, email address, phone number or username"),
	}
	a.declare(cmd, "Mirror", o.mirror.settings()...)
	a.declare(cmd, "Output", o.outputSettings()...)
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, args []string) error {
		err := a.getUser(cmd.Context(), o, args[0])
		return interrupted(cmd.Context(), err, "")
	})
}

// A knownUser is a user with what a mirror remembers.
type knownUser struct {
	id      usersync.ID
	user    *usersync.User  // nil: Authgear does not have them
	roles   []string        // those of the user and of the groups; nil: not known
	history *source.History // nil: not asked for
}

// getUser looks one user up, and prints all that is found.
func (a *app) getUser(ctx context.Context, o *usersOptions, name string) error {
	client, out, err := a.prepareUsers(o)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	people := source.NewPeople(client)
	mirror, err := a.historyOf(o)
	if err != nil {
		return err
	}
	sought, err := people.Get(ctx, name, usersync.AllFields())
	if err != nil {
		return err
	}
	found := make([]knownUser, 0, len(sought.Users))
	for _, user := range sought.Users {
		known := knownUser{id: user.ID, user: user}
		if !o.csv {
			if known.roles, err = a.effectiveRoles(ctx, people, user); err != nil {
				return err
			}
		}
		found = append(found, known)
	}
	if len(found) == 0 && sought.By == source.ByID && mirror != nil {
		found = append(found, knownUser{id: sought.ID})
	}
	if err := a.remember(ctx, mirror, found); err != nil {
		return err
	}
	if err := a.printUsers(o, out, found); err != nil {
		return err
	}
	if len(sought.Users) == 0 {
		return nobody(sought.By, name)
	}
	return nil
}

// effectiveRoles are the roles that a user has, by groups as well. They are worth
// a word, and not worth failing for, where Authgear is too old to know.
func (a *app) effectiveRoles(ctx context.Context, people *source.People, user *usersync.User) ([]string, error) {
	if !user.Has(fieldNamed("groups")) {
		return append([]string{}, keysIn(user, "roles")...), nil
	}
	roles, err := people.EffectiveRoles(ctx, user.ID)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		a.logger.Warn("the roles that the groups give are not known", "error", err)
		return nil, nil
	}
	return append([]string{}, roles...), nil
}

// remember adds what the mirror knows. Where the mirror was not asked for by a flag
// of this command, it is not worth failing for.
func (a *app) remember(ctx context.Context, mirror *source.Postgres, found []knownUser) error {
	if mirror == nil {
		return nil
	}
	for i := range found {
		history, err := mirror.History(ctx, found[i].id)
		if err != nil && (ctx.Err() != nil || a.origins["to"].level == byFlag) {
			return err
		}
		if err != nil {
			a.logger.Warn("the mirror cannot be read, so there is no history", "error", err)
			return nil
		}
		found[i].history = history
	}
	return nil
}

// nobody is the error for a name that nobody has. What was typed stays on the
// screen anyway, so it is not repeated.
func nobody(by source.Name, name string) error {
	text := "Authgear has nobody with this " + string(by)
	if by == source.ByUsername && strings.Trim(name, "0123456789 -().") == "" {
		text += ". A phone number begins with + and the country's number"
	}
	return errors.New(text)
}

// historyOf is the mirror to ask for the past, or nil. One that other commands are
// meant for, in the environment or the file of settings, need not have a past.
func (a *app) historyOf(o *usersOptions) (*source.Postgres, error) {
	if o.mirror.to == "" {
		return nil, nil
	}
	to, err := a.destination(&o.mirror)
	if err != nil {
		return nil, err
	}
	asked := a.origins["to"].level == byFlag
	switch {
	case (to.url == "" || o.csv) && !asked:
		return nil, nil
	case to.url == "":
		return nil, usageErrorf("a mirror in a file has no change log. Give --to a mirror in Postgres, or leave it out")
	case o.csv:
		return nil, usageErrorf("CSV has no place for a user's history. Take --json, or leave --to out")
	}
	return source.NewPostgres(to.url, to.schema), nil
}

func (a *app) printUsers(o *usersOptions, out usersWriter, found []knownUser) error {
	if o.csv {
		for _, known := range found {
			if known.user == nil {
				continue
			}
			if err := out.add(known.user); err != nil {
				return err
			}
		}
		return out.close()
	}
	for i, known := range found {
		if o.json {
			if err := a.printUserJSON(known); err != nil {
				return err
			}
			continue
		}
		text := a.userText(known)
		if i > 0 {
			text = "\n" + text
		}
		if err := a.print(text); err != nil {
			return err
		}
	}
	return nil
}
