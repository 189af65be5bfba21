package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"usersync/adminapi"
	"usersync/adminapi/schema"
)

// schemaOptions say what is done with a server's schema.
type schemaOptions struct {
	authgear authgearOptions
	out      string
	check    bool
	json     bool
}

func (a *app) schemaCommand() *cobra.Command {
	o := &schemaOptions{}
	cmd := &cobra.Command{
		Use:   "schema [--check]",
		Short: "Print the schema of the Admin API, or check that usersync fits it",
		Long: `Ask the server for the schema of its Admin API, and print it in GraphQL's own
language: what can be asked with usersync query, and what the answers look like.
Everything is in the order of its name, so that two servers, or one before and after
an upgrade, can be compared with diff.

--check compares instead. It says whether everything that usersync asks for is valid on
this server, which is what matters before and after an upgrade of Authgear, and what is
new or gone there since the release that usersync was built against (` + schema.BuiltAgainst + `).
The exit code is 1 if something that usersync asks for is not valid, and 0 otherwise,
whatever is new or gone. Imports are not GraphQL and are not checked.`,
		Example: `  usersync schema --out schema.graphql
  usersync schema --check`,
	}
	a.declare(cmd, "Output",
		&setting{name: "out", value: text(&o.out, "FILE"), usage: "write the schema there, whole or not at all (default standard output)"},
		&setting{name: "check", value: switched(&o.check), usage: "compare the schema with what usersync needs and knows"},
		&setting{name: "json", value: switched(&o.json), usage: "print what --check finds as one JSON object"},
	)
	a.declare(cmd, "Authgear", o.authgear.settings()...)
	return a.command(cmd, func(cmd *cobra.Command) error {
		err := a.schema(cmd.Context(), o)
		return interrupted(cmd.Context(), err, "")
	})
}

// schema reads the schema and does with it what was asked for.
func (a *app) schema(ctx context.Context, o *schemaOptions) error {
	if err := checkNeeds(o.authgear.needs()...); err != nil {
		return err
	}
	if o.json && !o.check {
		return usageErrorf("--json is for --check: the schema itself is printed in GraphQL")
	}
	client, err := a.client(&o.authgear)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	read, err := schema.Read(ctx, client)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := renameio.WriteFile(o.out, []byte(read.SDL()), 0o644); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
	}
	if o.check {
		return a.checkSchema(read, o)
	}
	if o.out == "" {
		return a.print(read.SDL())
	}
	return nil
}

// errInvalidOperations is what usersync cannot work with.
var errInvalidOperations = errors.New("something that usersync asks for is not valid on this server. Use another release of usersync, or report it")

// A schemaDocument is what schema --check --json prints.
type schemaDocument struct {
	BuiltAgainst string           `json:"built_against"`
	Valid        bool             `json:"valid"`
	Operations   int              `json:"operations"`
	Problems     []schema.Problem `json:"problems"`
	schema.News
}

func (a *app) checkSchema(read *schema.Schema, o *schemaOptions) error {
	operations := adminapi.Operations()
	document := schemaDocument{
		BuiltAgainst: schema.BuiltAgainst, Operations: len(operations), News: read.News(),
		Problems: append([]schema.Problem{}, read.Check(operations)...),
	}
	document.Valid = len(document.Problems) == 0
	var err error
	if o.json {
		err = a.printJSON(document)
	} else {
		err = a.print(document.text())
	}
	if err == nil && !document.Valid {
		return errInvalidOperations
	}
	return err
}

// text is the document for people.
func (d *schemaDocument) text() string {
	var text strings.Builder
	if d.Valid {
		fmt.Fprintf(&text, "All %d operations that usersync sends are valid on this server.\n", d.Operations)
	} else {
		fmt.Fprintf(&text, "Of the %d operations that usersync sends, not all are valid on this server:\n", d.Operations)
		for _, problem := range d.Problems {
			text.WriteString("  " + problem.Operation + ": " + printable(problem.Message) + "\n")
		}
	}
	if len(d.New)+len(d.Gone)+len(d.Changed) == 0 {
		fmt.Fprintf(&text, "\nThe schema is that of %s, which usersync was built against.\n", d.BuiltAgainst)
		return text.String()
	}
	fmt.Fprintf(&text, "\nOtherwise than in %s, which usersync was built against:\n", d.BuiltAgainst)
	for _, name := range d.New {
		text.WriteString("  new      " + printable(name) + "\n")
	}
	for _, name := range d.Gone {
		text.WriteString("  gone     " + printable(name) + "\n")
	}
	for _, changed := range d.Changed {
		fmt.Fprintf(&text, "  changed  %s: %s → %s\n", printable(changed.Name), printable(changed.Was), printable(changed.Is))
	}
	return text.String()
}
