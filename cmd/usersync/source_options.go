package main

import (
	"slices"
	"strings"

	"usersync/source"
	usersync "usersync/sync"
)

// sourceOptions say which users are read from Authgear, how, and what of them.
type sourceOptions struct {
	authgear    authgearOptions
	concurrency int
	fields      []string
	replaceNUL  bool
}

// contentSettings are about what of a user is mirrored.
func (o *sourceOptions) contentSettings() []*setting {
	return []*setting{
		{name: "fields", value: names(&o.fields), usage: "what is asked for and kept: names with commas between them, or names with a minus to leave out, as in --fields -identities,-groups (default all); sub, created_at and is_anonymized are always among them, and with disabled the times at which it changes by itself"},
		{name: "replace-nul", value: switched(&o.replaceNUL), usage: "take U+FFFD for the character U+0000, which Postgres cannot hold"},
	}
}

// authgearSettings are about the project and how it is asked.
func (o *sourceOptions) authgearSettings() []*setting {
	o.concurrency = 4
	return append(o.authgear.settings(),
		&setting{name: "concurrency", value: whole(&o.concurrency, 1), usage: "how many pages are asked for at a time"},
	)
}

// users are the project's users as the options describe them, and for people
// whose they are.
func (a *app) users(o *sourceOptions) (*source.AdminAPI, string, error) {
	client, err := a.client(&o.authgear)
	if err != nil {
		return nil, "", err
	}
	from := source.NewAdminAPI(client, source.AdminAPIConfig{Concurrency: o.concurrency, Logger: a.logger})
	return from, o.authgear.appID + " at " + client.Endpoint(), nil
}

// parseFields reads --fields. To a name that there is not it suggests one.
func parseFields(spelled []string) (usersync.FieldSet, error) {
	known := append([]string{"sub"}, usersync.AllFields().Names()...)
	for _, name := range spelled {
		if bare := strings.TrimPrefix(name, "-"); !slices.Contains(known, bare) {
			return usersync.FieldSet{}, usageErrorf("--fields: there is no field %q%s. There are: %s",
				bare, suggestion(bare, known, ""), strings.Join(known, ", "))
		}
	}
	fields, err := usersync.ParseFields(spelled)
	if err != nil {
		return usersync.FieldSet{}, usageErrorf("--%w", err)
	}
	return fields, nil
}
