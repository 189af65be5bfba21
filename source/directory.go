package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"usersync/adminapi"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// Directory is what an Authgear project has, asked for through its Admin API.
// However many ask at once, it keeps to so many requests at a time. It is safe
// for concurrent use.
type Directory struct {
	client *adminapi.Client
	users  *AdminAPI
	room   chan struct{} // holds something for each request on its way
}

var _ userimport.Directory = (*Directory)(nil)

// NewDirectory asks with a client, at most so many requests at a time; 4 when it
// is 0 or less. A server was seen to gain nothing from more than 4.
func NewDirectory(client *adminapi.Client, concurrency int) *Directory {
	users := NewAdminAPI(client, AdminAPIConfig{Concurrency: concurrency})
	return &Directory{client: client, users: users, room: make(chan struct{}, users.concurrency)}
}

// request makes a request once there is room for it.
func (d *Directory) request(ctx context.Context, do func() error) error {
	select {
	case d.room <- struct{}{}:
		defer func() { <-d.room }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Find says who holds each value, in their order. Those who share one come in
// the order of their ids.
func (d *Directory) Find(ctx context.Context, kind userimport.Identifier, values []string) ([]userimport.Found, error) {
	found := make([]userimport.Found, len(values))
	group, ctx := errgroup.WithContext(ctx)
	for start := 0; start < len(values); start += adminapi.MaxAliases {
		end := min(start+adminapi.MaxAliases, len(values))
		group.Go(func() error {
			return d.request(ctx, func() error {
				matches, err := d.client.UsersByAttributes(ctx, string(kind), values[start:end], 0)
				if err != nil {
					return err
				}
				for i, match := range matches {
					if found[start+i], err = foundIn(match); err != nil {
						return fmt.Errorf("find users by %s: %w", kind, err)
					}
				}
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return found, nil
}

func foundIn(match adminapi.AttributeMatch) (userimport.Found, error) {
	found := userimport.Found{Invalid: match.Invalid}
	for _, user := range match.Users {
		id, err := usersync.ParseID(user.ID)
		if err != nil {
			return found, err
		}
		found.IDs = append(found.IDs, id)
	}
	slices.SortFunc(found.IDs, func(a, b usersync.ID) int { return slices.Compare(a[:], b[:]) })
	return found, nil
}

// Users reads users by id, at most [adminapi.MaxIDs], with [userimport.Settable].
func (d *Directory) Users(ctx context.Context, ids []usersync.ID) (users []*usersync.User, err error) {
	err = d.request(ctx, func() error {
		users, err = d.users.Lookup(ctx, ids, userimport.Settable())
		return err
	})
	return users, err
}

// Allowed says whether a login ID is enabled in the project, by looking up one
// that could be: Authgear answers an error where the project has no such login
// ID, with a reason that it also gives for a value that cannot be one.
func (d *Directory) Allowed(ctx context.Context, kind userimport.Identifier) (bool, error) {
	err := d.request(ctx, func() error {
		_, err := d.client.UserByLoginID(ctx, kind.LoginIDKey(), probeFor(kind), 0)
		return err
	})
	refused, isRefused := errors.AsType[*adminapi.Error](err)
	switch {
	case err == nil:
		return true, nil
	case isRefused && refused.Reason == "GetUsersInvalidArgument":
		// "invalid Login ID value" comes after the key was found.
		return strings.HasSuffix(refused.Message, "value"), nil
	default:
		return false, err
	}
}

// probeFor is a value of the kind that is right and nobody's: example.com and
// the number are set aside for examples and fiction.
func probeFor(kind userimport.Identifier) string {
	switch kind {
	case userimport.Phone:
		return "+12025550100"
	case userimport.Username:
		return "usersync-probe"
	default:
		return "usersync-probe@example.com"
	}
}

// Roles are the keys of the project's roles.
func (d *Directory) Roles(ctx context.Context) ([]string, error) {
	var keys []string
	err := d.request(ctx, func() error {
		for role, err := range d.client.Roles(ctx) {
			if err != nil {
				return err
			}
			keys = append(keys, role.Key)
		}
		return nil
	})
	return keys, err
}

// Groups are the keys of the project's groups.
func (d *Directory) Groups(ctx context.Context) ([]string, error) {
	var keys []string
	err := d.request(ctx, func() error {
		for group, err := range d.client.Groups(ctx) {
			if err != nil {
				return err
			}
			keys = append(keys, group.Key)
		}
		return nil
	})
	return keys, err
}
