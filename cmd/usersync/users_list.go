package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"usersync/adminapi"
	"usersync/source"
)

// A listEnd is how a list came to its end.
type listEnd struct {
	count   int
	more    bool // there are more than were asked for
	deadEnd bool // there may be more, which cannot be reached
}

// listUsers lists whom the options say.
func (a *app) listUsers(ctx context.Context, o *usersOptions) error {
	client, out, err := a.prepareUsers(o)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	listing := source.Listing{Word: o.word, Roles: o.roles, Groups: o.groups, ByLastLogin: o.sort == sortByLogin}
	if o.limit > 0 {
		// One more tells whether there are more.
		listing.PageSize = min(o.limit+1, adminapi.MaxPageSize)
	}
	var end listEnd
	for user, err := range source.NewPeople(client).List(ctx, listing, out.fields()) {
		if end.deadEnd = errors.Is(err, adminapi.ErrDeadEnd); end.deadEnd {
			break
		}
		if err != nil {
			return explainSearch(listing, err)
		}
		if end.more = o.limit > 0 && end.count == o.limit; end.more {
			break
		}
		end.count++
		if err := out.add(user); err != nil {
			return err
		}
	}
	if end.count == 0 {
		if err := checkKeys(ctx, client, listing); err != nil {
			return err
		}
	}
	if err := out.close(); err != nil {
		return err
	}
	return a.closeListing(o, listing, end)
}

// checkKeys finds out whether nobody was found because of a misspelt key.
func checkKeys(ctx context.Context, client *adminapi.Client, listing source.Listing) error {
	directory := source.NewDirectory(client, 1)
	for _, asked := range []struct {
		what string
		keys []string
		all  func(context.Context) ([]string, error)
	}{{"role", listing.Roles, directory.Roles}, {"group", listing.Groups, directory.Groups}} {
		if len(asked.keys) == 0 {
			continue
		}
		all, err := asked.all(ctx)
		if err != nil {
			return err
		}
		for _, key := range asked.keys {
			if !slices.Contains(all, key) {
				return usageErrorf("--%s: the project has no %s %q%s", asked.what, asked.what, key, suggestion(key, all, ""))
			}
		}
	}
	return nil
}

// explainSearch says what goes wrong in a search, of which the server only says
// that it is unexpected.
func explainSearch(listing source.Listing, err error) error {
	switch {
	case listing.Searches() && listing.ByLastLogin:
		return fmt.Errorf("%w. The search cannot sort by the last login where somebody whom it finds never logged in: leave --sort out", err)
	case strings.HasSuffix(listing.Word, `\`):
		return fmt.Errorf("%w. The search takes no word that ends in a backslash", err)
	default:
		return err
	}
}

const (
	// searchLag is said wherever the search has answered.
	searchLag = "Authgear's search answered, which lags behind: whoever was made or changed just now may not be found"
	// moreThanListed is said where the limit ended the list, and deadEnd where
	// Authgear did.
	moreThanListed = "there are more, and --limit 0 lists all"
	deadEnd        = "Authgear led to a page of people who are all gone, and does not say how to go on: there may be more"
)

// closeListing says how much the list is worth: below a table for people, and on
// standard error where programs read.
func (a *app) closeListing(o *usersOptions, listing source.Listing, end listEnd) error {
	var notes []string
	if end.deadEnd {
		notes = append(notes, deadEnd)
	}
	if listing.Searches() {
		notes = append(notes, searchLag)
	}
	if o.json || o.csv {
		if end.more {
			notes = append(notes, moreThanListed)
		}
		for _, note := range notes {
			a.logger.Warn(note)
		}
		return nil
	}
	text := counted(end.count, "user")
	if end.count > 0 {
		text = "\n" + text
	}
	if end.more {
		text += "; " + moreThanListed
	}
	text += ".\n"
	for _, note := range notes {
		text += note + ".\n"
	}
	return a.print(text)
}
