package main

import (
	"context"
	"fmt"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

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

--check compares instead. It lists every operation that usersync sends: ✓ is valid on
this server, and ✗ would be refused, for the reasons below it. That is what matters
before and after an upgrade of Authgear. Then it says what is new or gone there since
the release that usersync was built against (` + schema.BuiltAgainst + `). The exit code is 1 if
something that usersync sends would be refused, and 0 otherwise, whatever is new or gone.
Imports are not GraphQL and are not checked.`,
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
	if o.check && o.out == stdinName {
		return usageErrorf("--out - and --check both print to standard output. Name a file")
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
	toFile := o.out != "" && o.out != stdinName
	if toFile {
		if err := renameio.WriteFile(o.out, []byte(read.SDL()), 0o644); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
	}
	if o.check {
		return a.checkSchema(read, o)
	}
	if toFile {
		return nil
	}
	if isTerminal(a.stdout) {
		return a.print(printableLines(read.SDL()))
	}
	return a.print(read.SDL())
}
