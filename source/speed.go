package source

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// Cheap are those of the fields that Authgear reads with the users themselves.
// Each of the others costs it a query a user.
func Cheap(fields usersync.FieldSet) usersync.FieldSet {
	var names []string
	asked := graphqlFields()
	for f := range fields.All() {
		if adminapi.CostlyUserFields&asked[f.From] == 0 {
			names = append(names, f.Name)
		}
	}
	return usersync.FieldsNamed(names)
}

// TimePage reads the page of the newest users with the given fields, and says how
// many are on it and how long it took. An error is the client's.
func (a *AdminAPI) TimePage(ctx context.Context, fields usersync.FieldSet) (users int, took time.Duration, err error) {
	began := time.Now()
	page, err := a.client.Users(ctx, pageAt(0, fields))
	if err != nil {
		return 0, 0, err
	}
	return len(page.Edges), time.Since(began), nil
}

// pageAt is a full page in the order of sweeps, from a position on.
func pageAt(position int, fields usersync.FieldSet) adminapi.UsersQuery {
	query := adminapi.UsersQuery{
		First: adminapi.MaxPageSize, SortBy: adminapi.SortByCreatedAt, SortDirection: adminapi.SortDescending, Fields: askedFor(fields),
	}
	if position > 0 {
		query.After = adminapi.OffsetCursor(position - 1)
	}
	return query
}

// A Pace is how fast pages come when so many are asked for at a time.
type Pace struct {
	Workers int
	Pages   float64 // a second
}

// paceRounds is how many pages each worker reads to find out the pace.
const paceRounds = 2

// Pace finds out how fast full pages of the given fields come when so many are
// asked for at a time. There must be that many users, or pages are shorter than
// a sweep's. An error is the client's.
func (a *AdminAPI) Pace(ctx context.Context, fields usersync.FieldSet, total, workers int) (Pace, error) {
	pages := max(1, total/adminapi.MaxPageSize)
	group, groupCtx := errgroup.WithContext(ctx)
	began := time.Now()
	for worker := range workers {
		group.Go(func() error {
			for round := range paceRounds {
				position := (worker*paceRounds + round) % pages * adminapi.MaxPageSize
				if _, err := a.client.Users(groupCtx, pageAt(position, fields)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		if ctx.Err() != nil {
			return Pace{}, fmt.Errorf("time pages: %w", ctx.Err())
		}
		return Pace{}, err
	}
	return Pace{Workers: workers, Pages: float64(workers*paceRounds) / time.Since(began).Seconds()}, nil
}

// enough is the share of the best pace that is worth no further workers: each of
// them is one more connection to the server's database that others wait for.
const enough = 0.9

// Advise picks of some paces the one with the fewest workers that is nearly as
// good as the best. There must be one.
func Advise(paces []Pace) Pace {
	best := paces[0]
	for _, pace := range paces {
		if pace.Pages > best.Pages {
			best = pace
		}
	}
	advised := best
	for _, pace := range paces {
		if pace.Workers < advised.Workers && pace.Pages >= enough*best.Pages {
			advised = pace
		}
	}
	return advised
}

// Sweep is about how long it takes to read so many users at this pace.
func (p Pace) Sweep(users int) time.Duration {
	each := adminapi.MaxPageSize - pageOverlap
	pages := max(1, (users+each-1)/each)
	return time.Duration(float64(pages) / p.Pages * float64(time.Second))
}
