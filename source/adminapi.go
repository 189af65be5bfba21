package source

import (
	"context"
	"fmt"
	"iter"
	"log/slog"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// AdminAPI reads the users of an Authgear project through its Admin API.
type AdminAPI struct {
	client      *adminapi.Client
	concurrency int
	log         *slog.Logger
}

var _ usersync.Follower = (*AdminAPI)(nil)

// AdminAPIConfig is how an [AdminAPI] reads.
type AdminAPIConfig struct {
	// Concurrency is how many pages are asked for at a time; 4 when it is 0 or
	// less. A server was seen to gain nothing from more than 4.
	Concurrency int
	// Logger may be nil. Nothing that is logged tells of people.
	Logger *slog.Logger
}

// NewAdminAPI reads users with a client.
func NewAdminAPI(client *adminapi.Client, cfg AdminAPIConfig) *AdminAPI {
	a := &AdminAPI{client: client, concurrency: cfg.Concurrency, log: cfg.Logger}
	if a.concurrency <= 0 {
		a.concurrency = 4
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	return a
}

// Project is the client's: its endpoint in the one spelling that the client has
// for it, and its app ID.
func (a *AdminAPI) Project() usersync.Project {
	return usersync.Project{Endpoint: a.client.Endpoint(), AppID: a.client.AppID()}
}

// Scope is everything: Authgear tells of all fields.
func (a *AdminAPI) Scope(context.Context) (usersync.Scope, error) {
	return usersync.Whole(usersync.AllFields()), nil
}

// Users yields everyone in the project, with the values of the given fields; no
// other fields are asked for. They come in no particular order, and some more
// than once. Whether somebody may have been missed while others were created and
// deleted stands in the census, which is always filled in by the end. It holds
// about as many pages in memory as are asked for at a time, and stops all of
// them when the loop is left. An error is the client's, or tells of a user whose
// id cannot be read.
func (a *AdminAPI) Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return a.stream(ctx, fields, census, (*sweep).run)
}

// stream yields the users that a sweep emits while it is read in some way.
func (a *AdminAPI) stream(ctx context.Context, fields usersync.FieldSet, census *usersync.Census, read func(*sweep, context.Context) error) iter.Seq2[*usersync.User, error] {
	return func(yield func(*usersync.User, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		pages := make(chan []*usersync.User)
		// Leaving the loop, or panicking out of it, waits for the sweep's end.
		defer func() {
			cancel()
			for range pages {
			}
		}()
		var err error
		go func() {
			defer close(pages)
			err = read(a.sweep(fields, census, pages), ctx)
		}()
		for page := range pages {
			for _, u := range page {
				if !yield(u, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func (a *AdminAPI) sweep(fields usersync.FieldSet, census *usersync.Census, pages chan<- []*usersync.User) *sweep {
	decoder := newDecoder(fields)
	return &sweep{
		pager:   a.client,
		fields:  askedFor(fields),
		size:    adminapi.MaxPageSize,
		overlap: pageOverlap,
		workers: a.concurrency,
		census:  census,
		log:     a.log,
		emit: func(ctx context.Context, users []*adminapi.User) error {
			page, err := decoder.decodeAll(users)
			if err != nil {
				return err
			}
			select {
			case pages <- page:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}
}

// Lookup asks for users by id, at most [adminapi.MaxIDs]. The answer is in the
// order of the ids; nil means that Authgear answered, without any error, that
// there is no such user.
func (a *AdminAPI) Lookup(ctx context.Context, ids []usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error) {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.String()
	}
	found, err := a.client.UsersByID(ctx, names, askedFor(fields))
	if err != nil {
		return nil, err
	}
	users, err := newDecoder(fields).decodeAll(found)
	if err != nil {
		return nil, fmt.Errorf("read users by id: %w", err)
	}
	return users, nil
}

// Traffic is how many requests the client has sent, and how many of these were
// another try.
func (a *AdminAPI) Traffic() (requests, retries int64) {
	stats := a.client.Stats()
	return stats.Requests, stats.Retries
}
