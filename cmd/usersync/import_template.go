package main

import (
	"encoding/csv"
	"strings"

	"github.com/spf13/cobra"

	"usersync/sync/userimport"
)

func (a *app) importTemplateCommand() *cobra.Command {
	identifier := string(userimport.Email)
	cmd := &cobra.Command{
		Use:   "template",
		Short: "Print a CSV file with every column and one row as an example",
		Long: `Print a CSV file with every column that can be imported, and one row as an example of
how each is written. Remove the columns that you have nothing for: an empty cell is
left alone, but a column that is there has to be looked after.

custom_attributes.member_id stands for the custom attributes of your project.`,
		Example: `  usersync import template > users.csv
  usersync import template --identifier phone_number > users.csv`,
	}
	a.declare(cmd, "Rows", &setting{
		name: "identifier", value: choice(&identifier, "FIELD", identifierNames()...),
		usage: "the login ID by which rows are to be matched with users, which becomes the first column",
	})
	return a.command(cmd, func(*cobra.Command) error {
		header, example := userimport.Template(userimport.Identifier(identifier))
		var text strings.Builder
		if err := csv.NewWriter(&text).WriteAll([][]string{header, example}); err != nil {
			return err
		}
		return a.print(text.String())
	})
}
