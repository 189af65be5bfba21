package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// People looks people up in an Authgear project, for somebody who wants to see
// them: never to conclude from it who is not there.
type People struct {
	client *adminapi.Client
}

// NewPeople looks people up with a client.
func NewPeople(client *adminapi.Client) *People { return &People{client: client} }

// Listing is whom to list, and in which order. The latest come first.
type Listing struct {
	// Word, Roles and Groups say who: those whom Authgear's search finds by the
	// word and who have all of the roles and are in all of the groups. Without
	// any of them everybody is listed, and not by the search.
	Word          string
	Roles, Groups []string // keys
	ByLastLogin   bool     // order by the last login instead of the creation
	PageSize      int      // users a request, 1 to adminapi.MaxPageSize; 0 is that
}

// Searches tells whether it is Authgear's search that answers. It lags behind
// what is written: usually for less than a second, behind a large import for
// minutes. A running server was seen to do so.
func (l Listing) Searches() bool { return l.Word != "" || len(l.Roles)+len(l.Groups) > 0 }

// List yields the users, each once. While people come and go some may be missing.
// An error ends the sequence; [adminapi.ErrDeadEnd] is one after which there may
// be more users.
func (p *People) List(ctx context.Context, l Listing, fields usersync.FieldSet) iter.Seq2[*usersync.User, error] {
	query := adminapi.UsersQuery{
		First: l.PageSize, SortBy: adminapi.SortByCreatedAt, SortDirection: adminapi.SortDescending,
		SearchKeyword: l.Word, RoleKeys: l.Roles, GroupKeys: l.Groups, Fields: askedFor(fields),
	}
	if l.ByLastLogin {
		query.SortBy = adminapi.SortByLastLoginAt
	}
	decoder := newDecoder(fields)
	return func(yield func(*usersync.User, error) bool) {
		for user, err := range p.client.ListUsers(ctx, query) {
			if err != nil {
				yield(nil, err)
				return
			}
			decoded, err := decoder.decode(user)
			if !yield(decoded, err) || err != nil {
				return
			}
		}
	}
}

// A Name is something that a user can be asked for by.
type Name string

// The names that users have.
const (
	ByID       Name = "ID"
	ByEmail    Name = "email address"
	ByPhone    Name = "phone number"
	ByUsername Name = "username"
)

// Sought is what came of asking for a user by some name.
type Sought struct {
	Users []*usersync.User // nobody, one, or those who share the name
	By    Name             // what the name was taken for
	ID    usersync.ID      // the id that was given; zero if it was another name
}

// Get finds a user by id (a UUID in either case), by node ID, or by an email
// address, phone number or username, as Authgear normalises them. What has the
// form of an ID is taken for one, what has an @ for an email address, what begins
// with a + for a phone number, and what is left for a username; and where nobody
// is found by that, all of these for a username, which can look like any of them.
// All these look-ups see what was written just before. Nobody is no error.
func (p *People) Get(ctx context.Context, name string, fields usersync.FieldSet) (Sought, error) {
	name = strings.TrimFunc(name, isInvisible)
	sought, err := p.get(ctx, name, fields)
	if err != nil || sought.By == ByUsername || len(sought.Users) > 0 {
		return sought, err
	}
	users, err := p.byAttribute(ctx, "preferred_username", name, fields)
	if err != nil || len(users) == 0 {
		return sought, err
	}
	return Sought{Users: users, By: ByUsername}, nil
}

func (p *People) get(ctx context.Context, name string, fields usersync.FieldSet) (Sought, error) {
	if id, is := idIn(name); is {
		users, err := p.byID(ctx, id, fields)
		return Sought{Users: users, By: ByID, ID: id}, err
	}
	switch {
	case strings.Contains(name, "@"):
		users, err := p.byAttribute(ctx, "email", name, fields)
		return Sought{Users: users, By: ByEmail}, err
	case strings.HasPrefix(name, "+"):
		users, err := p.byAttribute(ctx, "phone_number", withoutMarks(name), fields)
		return Sought{Users: users, By: ByPhone}, err
	default:
		users, err := p.byAttribute(ctx, "preferred_username", name, fields)
		return Sought{Users: users, By: ByUsername}, err
	}
}

// idIn is the id that a text spells, as a UUID or as a node ID of a user, which
// some programs pad.
func idIn(text string) (usersync.ID, bool) {
	if id, err := usersync.ParseID(text); err == nil {
		return id, true
	}
	if kind, uuid, err := adminapi.ParseNodeID(strings.TrimRight(text, "=")); err == nil && kind == "User" {
		id, err := usersync.ParseID(uuid)
		return id, err == nil
	}
	return usersync.ID{}, false
}

// isInvisible is true of what comes along unseen when a text is copied: spaces of
// any kind, and marks such as those that address books put around phone numbers.
func isInvisible(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// withoutMarks is a phone number without what people put between its digits.
func withoutMarks(number string) string {
	return strings.Map(func(r rune) rune {
		if isInvisible(r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("().", r) {
			return -1
		}
		return r
	}, number)
}

// EffectiveRoles are the keys of all roles that a user has, given directly or by
// way of groups, sorted.
func (p *People) EffectiveRoles(ctx context.Context, id usersync.ID) ([]string, error) {
	return p.client.EffectiveRoles(ctx, id.String())
}

func (p *People) byID(ctx context.Context, id usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error) {
	found, err := p.client.UsersByID(ctx, []string{id.String()}, askedFor(fields))
	if err != nil || found[0] == nil {
		return nil, err
	}
	return decodeFound(found, fields)
}

func (p *People) byAttribute(ctx context.Context, attribute, value string, fields usersync.FieldSet) ([]*usersync.User, error) {
	found, err := p.client.UsersByAttribute(ctx, attribute, value, askedFor(fields))
	if failure, is := errors.AsType[*adminapi.Error](err); is && failure.Reason == adminapi.ReasonInvalidArgument {
		return nil, nil // nobody can have such a value
	}
	if err != nil {
		return nil, err
	}
	return decodeFound(found, fields)
}

func decodeFound(found []*adminapi.User, fields usersync.FieldSet) ([]*usersync.User, error) {
	users, err := newDecoder(fields).decodeAll(found)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return users, nil
}
