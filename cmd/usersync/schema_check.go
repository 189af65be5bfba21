package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"usersync/adminapi"
	"usersync/adminapi/schema"
)

// errInvalidOperations is what usersync cannot work with.
var errInvalidOperations = errors.New("something that usersync asks for is not valid on this server. Use another release of usersync, or report it")

// A schemaDocument is what schema --check --json prints.
type schemaDocument struct {
	BuiltAgainst string             `json:"built_against"` // the release of Authgear that new, gone and changed compare with
	Valid        bool               `json:"valid"`         // all operations are valid on this server
	Operations   []checkedOperation `json:"operations"`    // all that usersync sends
	schema.News
}

// A checkedOperation is an operation that usersync sends, on a server.
type checkedOperation struct {
	Name     string   `json:"name"`     // such as UsersyncUsers
	Valid    bool     `json:"valid"`    // the server would carry it out
	Problems []string `json:"problems"` // why not; empty where it is valid
}

func (a *app) checkSchema(read *schema.Schema, o *schemaOptions) error {
	document := schemaDocument{BuiltAgainst: schema.BuiltAgainst, Valid: true, News: read.News()}
	problems := read.Check(adminapi.Operations())
	for _, operation := range adminapi.Operations() {
		checked := checkedOperation{Name: operation.Name, Problems: []string{}}
		for _, problem := range problems {
			if problem.Operation == operation.Name && !slices.Contains(checked.Problems, problem.Message) {
				checked.Problems = append(checked.Problems, problem.Message)
			}
		}
		checked.Valid = len(checked.Problems) == 0
		document.Valid = document.Valid && checked.Valid
		document.Operations = append(document.Operations, checked)
	}
	var err error
	if o.json {
		err = a.printJSON(document)
	} else {
		err = a.print(document.text(cmp.Or(columns(a.stdout), textWidth)))
	}
	if err == nil && !document.Valid {
		return errInvalidOperations
	}
	return err
}

// text is the document for people, in lines of so many characters.
func (d *schemaDocument) text(width int) string {
	var text strings.Builder
	invalid := 0
	for _, operation := range d.Operations {
		if !operation.Valid {
			invalid++
		}
	}
	switch invalid {
	case 0:
		text.WriteString(wrap(fmt.Sprintf("All %d operations that usersync sends are valid on this server:", len(d.Operations)), width, "") + "\n")
	default:
		text.WriteString(wrap(fmt.Sprintf("Of the %d operations that usersync sends, %d would be refused by this server:", len(d.Operations), invalid), width, "") + "\n")
	}
	for _, operation := range d.Operations {
		sign := statusOK.sign()
		if !operation.Valid {
			sign = statusFailed.sign()
		}
		text.WriteString("  " + sign + " " + operation.Name + "\n")
		for _, problem := range operation.Problems {
			text.WriteString("      " + wrap(printable(problem), width-6, "      ") + "\n")
		}
	}
	if len(d.New)+len(d.Gone)+len(d.Changed) == 0 {
		text.WriteString("\n" + wrap(fmt.Sprintf("The schema is that of %s, which usersync was built against.", d.BuiltAgainst), width, "") + "\n")
		return text.String()
	}
	text.WriteString("\n" + wrap(fmt.Sprintf("Otherwise than in %s, which usersync was built against:", d.BuiltAgainst), width, "") + "\n")
	writeNames(&text, "New", d.New, width)
	writeNames(&text, "Gone", d.Gone, width)
	if len(d.Changed) > 0 {
		text.WriteString("\nChanged\n")
	}
	for _, changed := range d.Changed {
		text.WriteString(hanging(fmt.Sprintf("  %s: %s → %s", printable(changed.Name), printable(changed.Was), printable(changed.Is)), width) + "\n")
	}
	return text.String()
}

// manyTypes is from how many on types are only counted: each comes or goes with
// what can be asked, which is listed.
const manyTypes = 12

// writeNames writes names of a schema, those of a type together.
func writeNames(text *strings.Builder, heading string, names []string, width int) {
	if len(names) == 0 {
		return
	}
	text.WriteString("\n" + heading + "\n")
	parts := make(map[string][]string)
	var types, owners []string
	for _, name := range names {
		owner, part, isPart := strings.Cut(printable(name), ".")
		if !isPart {
			types = append(types, owner)
			continue
		}
		if parts[owner] == nil {
			owners = append(owners, owner)
		}
		parts[owner] = append(parts[owner], part)
	}
	// What can be asked and done comes first.
	slices.SortStableFunc(owners, func(a, b string) int { return cmp.Compare(rootPlace(a), rootPlace(b)) })
	for _, owner := range owners {
		writeList(text, "of "+owner, parts[owner], width)
	}
	if len(types) > manyTypes {
		fmt.Fprintf(text, "  %d types, which --json names\n", len(types))
		return
	}
	if len(types) > 0 {
		writeList(text, "types", types, width)
	}
}

func rootPlace(owner string) int {
	if i := slices.Index([]string{"Query", "Mutation"}, owner); i >= 0 {
		return i
	}
	return 2
}

func writeList(text *strings.Builder, name string, list []string, width int) {
	text.WriteString("  " + wrap(name+": "+strings.Join(list, ", "), width-2, "    ") + "\n")
}
