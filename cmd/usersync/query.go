package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"usersync/adminapi"
)

// queryOptions say what is asked, and with which values.
type queryOptions struct {
	authgear       authgearOptions
	file           string
	variables      []string
	variablesFile  string
	operation      string
	allowMutations bool
}

func (a *app) queryCommand() *cobra.Command {
	o := &queryOptions{}
	cmd := &cobra.Command{
		Use:   "query -f FILE",
		Short: "Ask Authgear anything, in GraphQL",
		Long: `Send a GraphQL document to the Admin API, signed, and print the data as JSON: over
several lines on a terminal, otherwise in one. Errors go to standard error, with
Authgear's reason and the field they are about; data that came with them is printed
all the same, and the exit code is 1.

There is no sandbox: a mutation changes real users. It is refused before anything is
sent, unless --allow-mutations is given, and it is sent once, never again. Authgear
carries out all mutations of a request or none, and takes five at most.

A --var is taken as it stands where the document declares String or ID. For other types
it is read as JSON (3, true, null, ["a", "b"]), and taken as it stands where it is none,
such as DESC. What --vars and --var both have is --var's. usersync schema prints what can
be asked.` + exampleOf,
		Example: `  echo '{ users { totalCount } }' | usersync query -f -
  usersync query -f by-email.graphql --var email=ann@example.com
  usersync query -f roles.graphql --operation AddRole --vars role.json \
    --allow-mutations`,
	}
	a.declare(cmd, "Question",
		&setting{name: "file", short: "f", value: text(&o.file, "FILE"), usage: "the GraphQL document; - is standard input"},
		&setting{name: "var", value: &repeated{&o.variables, "NAME=VALUE"}, usage: "a variable's value; can be given several times"},
		&setting{name: "vars", value: text(&o.variablesFile, "FILE"), usage: "a JSON file with an object of variables; - is standard input"},
		&setting{name: "operation", value: text(&o.operation, "NAME"), usage: "which operation, where the document has several"},
		&setting{name: "allow-mutations", once: true, value: switched(&o.allowMutations), usage: "let the operation change something"},
	)
	a.declare(cmd, "Authgear", o.authgear.settings()...)
	return a.command(cmd, func(cmd *cobra.Command) error {
		err := a.query(cmd.Context(), o)
		return interrupted(cmd.Context(), err, "")
	})
}

// exampleOf shows what a document with a variable looks like.
const exampleOf = `

This is a document with a variable, as by-email.graphql in the examples:

  query ByEmail($email: String!) {
    getUsersByStandardAttribute(
      attributeName: "email", attributeValue: $email
    ) { id createdAt }
  }`

// query asks, and prints what is answered.
func (a *app) query(ctx context.Context, o *queryOptions) error {
	document, variables, err := a.prepareQuery(o)
	if err != nil {
		return err
	}
	client, err := a.client(&o.authgear)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	answer, err := client.Execute(ctx, document, variables)
	if err != nil {
		if document.Changes() && adminapi.MayHaveHappened(err) {
			return fmt.Errorf("it is not known whether it was done. Look before you send it again: %w", err)
		}
		return err
	}
	if err := a.printData(answer.Data); err != nil {
		return err
	}
	return a.tellErrors(answer.Errors)
}

// prepareQuery reads what is to be sent. Everything that can be wrong on this
// machine is found out here.
func (a *app) prepareQuery(o *queryOptions) (*adminapi.Document, map[string]any, error) {
	file := need{"--file", "USERSYNC_FILE", "the file of the GraphQL document, or - for standard input", o.file != ""}
	if err := checkNeeds(append([]need{file}, o.authgear.needs()...)...); err != nil {
		return nil, nil, err
	}
	if o.file == "-" && o.variablesFile == "-" {
		return nil, nil, usageErrorf("--file and --vars cannot both be standard input")
	}
	shown := o.file
	if shown == "-" {
		shown = "standard input"
	}
	content, err := a.readInput(o.file)
	if err != nil {
		return nil, nil, err
	}
	document, err := adminapi.ParseDocument(string(bytes.TrimPrefix(content, []byte("\ufeff"))), o.operation)
	if err != nil {
		return nil, nil, usageErrorf("%s: %w. Nothing was sent%s", shown, err, operationHint(o.operation, err))
	}
	if document.Changes() && !o.allowMutations {
		danger := "there is no sandbox: it would change real users"
		if document.Kind() != "mutation" {
			danger = "only queries are known to change nothing"
		}
		return nil, nil, usageErrorf("%s: this is a %s, and %s. Nothing was sent. Give --allow-mutations to send it", shown, document.Kind(), danger)
	}
	variables, err := a.readVariables(o, document)
	return document, variables, err
}

// operationHint names the flag that is missing.
func operationHint(operation string, err error) string {
	if operation == "" && strings.Contains(err.Error(), "has to be named") {
		return ". Name it by --operation"
	}
	return ""
}

// printData prints the data, if there is some, with every value as it came; a
// terminal is not given what it would act upon.
func (a *app) printData(data json.RawMessage) error {
	if data == nil {
		return nil
	}
	text, err := dataText(data, isTerminal(a.stdout))
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return a.print(text)
}

func dataText(data []byte, forPeople bool) (string, error) {
	var spelled bytes.Buffer
	if !forPeople {
		err := json.Compact(&spelled, data)
		return spelled.String() + "\n", err
	}
	if err := json.Indent(&spelled, data, "", "  "); err != nil {
		return "", err
	}
	return printableJSON(spelled.String()) + "\n", nil
}

// tellErrors writes a line for each error.
func (a *app) tellErrors(failures []adminapi.AnswerError) error {
	if len(failures) == 0 {
		return nil
	}
	var lines strings.Builder
	for _, failure := range failures {
		lines.WriteString(programName + ": ")
		if where := failure.Where(); where != "" {
			lines.WriteString(printable(where) + ": ")
		}
		lines.WriteString(printable(strings.Join(strings.Fields(failure.Message), " ")))
		switch {
		case failure.Name != "" && failure.Reason != "":
			lines.WriteString(" (" + printable(failure.Name+"/"+failure.Reason) + ")")
		case failure.Name+failure.Reason != "":
			lines.WriteString(" (" + printable(failure.Name+failure.Reason) + ")")
		}
		lines.WriteString("\n")
	}
	if _, err := io.WriteString(a.stderr, lines.String()); err != nil {
		return fmt.Errorf("write errors: %w", err)
	}
	return errTold
}
