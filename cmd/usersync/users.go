package main

import (
	"strings"

	"github.com/spf13/cobra"

	"usersync/adminapi"
)

// usersOptions say which project people are looked up in, and how they are shown.
type usersOptions struct {
	authgear  authgearOptions
	json, csv bool

	limit         int
	word, sort    string
	roles, groups []string

	mirror mirrorOptions
}

func (a *app) usersCommand() *cobra.Command {
	o := &usersOptions{}
	cmd := &cobra.Command{
		Use:   "users",
		Short: "Look people up in Authgear",
		Long: `Look people up in Authgear. What is printed is people's data. Nothing is changed, and
no mirror is needed.`,
		Example: `  usersync users list
  usersync users search ann
  usersync users get ann@example.com`,
		RunE: groupOf,
	}
	a.declareForAll(cmd, "Authgear", o.authgear.settings()...)
	cmd.AddCommand(a.listUsersCommand(o), a.searchUsersCommand(o), a.getUserCommand(o))
	return cmd
}

// outputSettings say how people are shown.
func (o *usersOptions) outputSettings() []*setting {
	return []*setting{
		{name: "json", value: switched(&o.json), usage: "print everything about them: a JSON object a line, with the names of Authgear's export"},
		{name: "csv", value: switched(&o.csv), usage: "print everything about them as CSV, with the names of Authgear's export"},
	}
}

// whomSettings say who is listed, the search for a word aside.
func (o *usersOptions) whomSettings() []*setting {
	o.limit, o.sort = 20, sortByCreation
	return []*setting{
		{name: "role", value: &repeated{&o.roles, "KEY"}, usage: "those who have the role, by a group as well; can be given several times, for those who have all of them"},
		{name: "group", value: &repeated{&o.groups, "KEY"}, usage: "those who are in the group, likewise"},
		{name: "sort", value: choice(&o.sort, "TIME", sortByCreation, sortByLogin), usage: "what is the latest: created_at or last_login_at"},
		{name: "limit", value: whole(&o.limit, 0), usage: "how many at most; 0 is all"},
	}
}

// The orders of --sort, the latest first in both.
const (
	sortByCreation = "created_at"
	sortByLogin    = "last_login_at"
)

// searchHelp is what the search is like, which people have to know.
const searchHelp = `
Authgear's search finds whole words of names and addresses and, of three letters or
more, their beginnings; and whole email addresses, phone numbers, usernames and IDs, and
both sides of an @. It lags behind: for a moment as a rule, for minutes after a large
import. Whoever was made just now may not be found; usersync users get sees everything
at once.

--sort last_login_at goes, in Authgear, by the login before the one that is shown. With
a search it fails where somebody who is found never logged in.`

func (a *app) listUsersCommand(o *usersOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List users, the latest first",
		Long: `List users, the latest first. For copying everybody there is usersync sync: a list is
read page by page, and while people come and go it may leave somebody out.

With --search, --role or --group it is Authgear's search that answers.
` + searchHelp,
		Example: `  usersync users list --limit 50
  usersync users list --role admin --sort last_login_at
  usersync users list --search example.com --json`,
	}
	a.declare(cmd, "Whom", append([]*setting{
		{name: "search", value: text(&o.word, "WORD"), usage: "those whom Authgear's search finds by the word"},
	}, o.whomSettings()...)...)
	a.declare(cmd, "Output", o.outputSettings()...)
	return a.command(cmd, func(cmd *cobra.Command) error {
		err := a.listUsers(cmd.Context(), o)
		return interrupted(cmd.Context(), err, "")
	})
}

func (a *app) searchUsersCommand(o *usersOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "search WORD",
		Short: "Search users by a word",
		Long:  "Search users by a word, and list them, the latest first.\n" + searchHelp,
		Example: `  usersync users search ann
  usersync users search ann@example.com --json
  usersync users search lee --group sales`,
		Args: exactlyOne("word"),
	}
	a.declare(cmd, "Whom", o.whomSettings()...)
	a.declare(cmd, "Output", o.outputSettings()...)
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, args []string) error {
		o.word = args[0]
		err := a.listUsers(cmd.Context(), o)
		return interrupted(cmd.Context(), err, "")
	})
}

// exactlyOne wants one argument, and not an empty one.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
			return usageErrorf("%s takes one %s. See: %s --help", cmd.CommandPath(), what, cmd.CommandPath())
		}
		return nil
	}
}

// prepareUsers checks the options.
func (a *app) prepareUsers(o *usersOptions) (*adminapi.Client, usersWriter, error) {
	if err := checkNeeds(o.authgear.needs()...); err != nil {
		return nil, nil, err
	}
	if o.json && o.csv {
		return nil, nil, usageErrorf("--json and --csv cannot both be. Leave one of them out")
	}
	client, err := a.client(&o.authgear)
	if err != nil {
		return nil, nil, err
	}
	return client, a.usersWriter(o), nil
}
