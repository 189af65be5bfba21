package main

import (
	"context"
	"fmt"
	"strings"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/source"
	usersync "usersync/sync"
)

// tell prints a piece of the story.
func (d *demonstration) tell(format string, args ...any) error {
	return d.app.print(fmt.Sprintf(format, args...))
}

func (d *demonstration) open() error {
	return d.tell("A pretend Authgear project with %s now runs on this machine. usersync will\nmirror it into %s\n",
		counted(d.pretend.api.Project().Len(), "user"), d.mirror)
}

// sync tells of one run and does it, as `usersync sync` would.
// How the first run knows that nobody was missed is told; it is the same after.
func (d *demonstration) sync(ctx context.Context, title string, dryRun bool) (*usersync.Report, error) {
	command := "usersync sync --to " + shellQuote(d.mirror)
	if dryRun {
		command += " --dry-run --verbose"
	}
	if err := d.tell("\n%s\n\n   $ %s\n\n", title, command); err != nil {
		return nil, err
	}
	job, err := d.job(dryRun)
	if err != nil {
		return nil, err
	}
	var examples strings.Builder
	if dryRun {
		job.onChange = exampleChanges(&examples, job.fields)
	}
	report, err := d.app.runSync(ctx, job)
	if err != nil {
		return nil, err
	}
	text := outcomeText(report)
	if !d.told {
		d.told, text = true, reportText(report)
	}
	if changes := report.Changes.Created + report.Changes.Updated + report.Changes.Deleted; dryRun {
		text = fmt.Sprintf("%s… and so on, %s in all.\n\n%s", &examples, counted(changes, "change"), text)
	}
	return report, d.tell("%s", indent(text))
}

// job is a run from the pretend project into the mirror.
func (d *demonstration) job(dryRun bool) (*syncJob, error) {
	key, err := adminapi.ParseKey(d.pretend.api.PrivateKeyPEM())
	if err != nil {
		return nil, err
	}
	client, err := adminapi.New(adminapi.Config{
		Endpoint: d.pretend.endpoint(), AppID: emulatedAppID, KeyID: emulatedKeyID, Key: key,
		UserAgent: programName + "/" + programVersion(), Logger: d.app.logger, Now: d.app.now,
	})
	if err != nil {
		return nil, err
	}
	return &syncJob{
		source: source.NewAdminAPI(client, source.AdminAPIConfig{Logger: d.app.logger}),
		from:   emulatedAppID + " at " + client.Endpoint(),
		to:     destination{path: d.mirror},
		fields: usersync.AllFields(),
		policy: defaultPolicy(),
		dryRun: dryRun,
	}, nil
}

// exampleChanges writes down one update of each kind that a day brings.
func exampleChanges(to *strings.Builder, fields usersync.FieldSet) func(usersync.Change) {
	const width = 40
	writer := &changeWriter{out: to, fields: fields, width: width}
	wanted := map[string]bool{"email": true, "roles": true, "disabled": true}
	return func(c usersync.Change) {
		if c.Op == usersync.Update && wanted[c.Fields[0].Name] {
			delete(wanted, c.Fields[0].Name)
			writer.write(c)
		}
	}
}

// indent puts three spaces before every line that is not empty.
func indent(text string) string {
	var indented strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			indented.WriteString("   ")
		}
		indented.WriteString(line)
	}
	return indented.String()
}

// day changes the pretend project and tells of it.
func (d *demonstration) day() error {
	day, err := emulator.Day(d.pretend.api.Project(), demoSeed)
	if err != nil {
		return err
	}
	return d.tell("\n2. A day goes by. Joined: %d. Left: %d. New email: %d. New role: %d. Disabled: %d.\n",
		day.Joined, day.Left, day.NewEmail, day.NewRole, day.Disabled)
}

func (d *demonstration) close() error {
	return d.tell(`
The mirror is a CSV file that anything can read: %s
What was done to it, run by run:

  usersync runs --to %s

With a project of your own, set AUTHGEAR_ENDPOINT, AUTHGEAR_APP_ID,
AUTHGEAR_ADMIN_API_KEY_ID and AUTHGEAR_ADMIN_API_KEY_FILE, and begin with

  usersync sync --to users.csv --dry-run
`, d.mirror, shellQuote(d.mirror))
}
