package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	usersync "usersync/sync"
)

// forgetOptions say where people are forgotten and how thoroughly.
type forgetOptions struct {
	mirror mirrorOptions
	purge  bool
}

func (a *app) forgetCommand() *cobra.Command {
	o := &forgetOptions{}
	cmd := &cobra.Command{
		Use:   "forget SUB... --to DEST",
		Short: "Take people out of a mirror and keep them out",
		Long: `Take people out of a mirror at once, and keep them out: users who are still there
at Authgear do not come back with the next sync. This cannot be undone.

SUB is a user's ID, as in the column sub. The rows stay, with ID and times and
nothing else, and so do those of the change log; with --purge they go as well.
What remains is a list of keyed digests, from which the IDs cannot be read. IDs of
which the mirror has nothing are kept out all the same: the result counts them, so
look whether it is as many as you think.

Authgear is not asked and nothing is changed there.` + destinationHelp,
		Example: `  usersync forget 0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b --to postgres
  usersync forget 0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b --purge --to users.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageErrorf("%s needs the IDs of those to forget. See: %s --help", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
	}
	a.declare(cmd, "Mirror", append(o.mirror.settings(),
		&setting{name: "wait-lock", value: duration(&o.mirror.waitLock, 0), usage: "how long to wait for a run on the same mirror to end (default not at all)"},
	)...)
	a.declare(cmd, "Who is gone",
		&setting{name: "purge", value: switched(&o.purge), usage: "remove the rows, and those of the change log, instead of emptying them"})
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, args []string) error {
		err := a.forget(cmd.Context(), o, args)
		return interrupted(cmd.Context(), err, "Run it again until it says that they are forgotten")
	})
}

func (a *app) forget(ctx context.Context, o *forgetOptions, subs []string) error {
	if err := checkNeeds(o.mirror.need()); err != nil {
		return err
	}
	ids, err := parseIDs(subs)
	if err != nil {
		return err
	}
	to, err := a.destination(&o.mirror)
	if err != nil {
		return err
	}
	mirror, err := a.openMirror(ctx, to, mirrorUse{exists: true})
	if err != nil {
		return offerWaiting(to, err)
	}
	defer a.closeMirror(mirror)
	how, done := usersync.EraseValues, "emptied"
	if o.purge {
		how, done = usersync.EraseUser, "removed"
	}
	found, err := mirror.Forget(ctx, ids, how)
	if err != nil {
		return err
	}
	return a.print(forgottenText(len(ids), found, to, done))
}

// forgottenText is the result for people: an ID that is mistyped looks like that
// of somebody who never was in the mirror.
func forgottenText(users, found int, to destination, done string) string {
	forgot := fmt.Sprintf("Forgot %s in %s: ", counted(users, "user"), to)
	switch {
	case found == 0:
		return forgot + "there was nothing of any of them, but no sync brings them in.\n"
	case found < users:
		return forgot + fmt.Sprintf("what there was of %s is %s, of the others there was nothing. No sync brings any of them back.\n", grouped(found), done)
	default:
		return forgot + fmt.Sprintf("what there was is %s, and no sync brings them back.\n", done)
	}
}

// parseIDs reads users' ids. What is none may be anything of anybody's and is
// not repeated.
func parseIDs(subs []string) ([]usersync.ID, error) {
	var ids []usersync.ID
	named := make(map[usersync.ID]bool)
	for i, sub := range subs {
		id, err := usersync.ParseID(sub)
		if err != nil {
			return nil, usageErrorf("argument %d is %w. A user's ID looks like 0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b; the column sub has it", i+1, err)
		}
		if !named[id] {
			named[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}
