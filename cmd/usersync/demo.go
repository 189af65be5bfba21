package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"usersync/adminapi/emulator"
	usersync "usersync/sync"
)

// demoOptions say how big the demonstration is and where its files go.
type demoOptions struct {
	users int
	dir   string
}

func (a *app) demoCommand() *cobra.Command {
	o := &demoOptions{users: 2000}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show it all with a pretend project, on this machine alone",
		Long: `Show what usersync does, with a pretend Authgear project on this machine: a first
sync into a CSV file, a day of changes, a dry run that shows them, a second sync
that writes just these, and a third that finds nothing to do.

Nothing is needed and nothing leaves this machine. It ends by itself.`,
		Example: "  usersync demo\n  usersync demo --users 10000 --dir ./demo",
	}
	a.declare(cmd, "Demo",
		&setting{name: "users", value: whole(&o.users, 10), usage: "how many users to make up"},
		&setting{name: "dir", value: text(&o.dir, "DIR"), usage: "where to write the mirror (default a new temporary folder, which stays)"},
	)
	return a.command(cmd, func(cmd *cobra.Command) error {
		err := a.demo(cmd.Context(), o)
		return interrupted(cmd.Context(), err, "")
	})
}

// demoSeed makes every demonstration show the same people.
const demoSeed = 1

func (a *app) demo(ctx context.Context, o *demoOptions) (err error) {
	// The story tells what a log would.
	a.logging.quiet = true
	a.logger = a.logging.newLogger(a.stderr)
	dir, _, err := folderFor(o.dir, "usersync-demo-")
	if err != nil {
		return err
	}
	mirror := filepath.Join(dir, "users.csv")
	if _, err := os.Lstat(mirror); err == nil {
		return usageErrorf("%s is there already, perhaps from an earlier demo. Remove it, or give another folder with --dir", mirror)
	}
	pretend, err := a.startPretend(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pretend.stop()) }()
	emulator.Generate(pretend.api.Project(), o.users, demoSeed, a.now())
	show := &demonstration{app: a, pretend: pretend, mirror: mirror}
	return show.run(ctx)
}

// A demonstration is the story that the demo tells, and what it needs to.
type demonstration struct {
	app     *app
	pretend *pretend
	mirror  string
	told    bool // how it is known that nobody was missed
}

func (d *demonstration) run(ctx context.Context) error {
	if err := d.open(); err != nil {
		return err
	}
	first, err := d.sync(ctx, "1. The first sync copies everybody.", false)
	if err != nil {
		return err
	}
	everybody := d.pretend.api.Project().Len()
	if err := expect("first sync", first.Changes, usersync.Counts{Created: everybody}); err != nil {
		return err
	}
	if err := d.day(); err != nil {
		return err
	}
	planned, err := d.sync(ctx, "3. A dry run shows what a sync would do, and changes nothing.", true)
	if err != nil {
		return err
	}
	second, err := d.sync(ctx, "4. The second sync writes just that.", false)
	if err != nil {
		return err
	}
	if err := expect("second sync", second.Changes, planned.Changes); err != nil {
		return err
	}
	third, err := d.sync(ctx, "5. A third sync finds nothing to do, and does not even touch the file.", false)
	if err != nil {
		return err
	}
	everybody = d.pretend.api.Project().Len()
	if err := expect("third sync", third.Changes, usersync.Counts{Unchanged: everybody}); err != nil {
		return err
	}
	return d.close()
}

// expect makes the demo fail, rather than tell a story that is not true.
func expect(run string, got, want usersync.Counts) error {
	if got != want {
		return fmt.Errorf("the %s did not do what it should: %+v instead of %+v. This is a mistake in usersync", run, got, want)
	}
	return nil
}
