package source

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// A pagerFunc stands between a sweep and a project.
type pagerFunc func(context.Context, adminapi.UsersQuery) (*adminapi.UserPage, error)

func (f pagerFunc) Users(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
	return f(ctx, q)
}

// quietProject has users of pages of ten who were all created at another moment,
// and nothing happens to it.
func quietProject() *hostileProject {
	return &hostileProject{size: 10, moments: 1_000_000_000, positional: true}
}

func TestSweepOfNobodyIsComplete(t *testing.T) {
	t.Parallel()
	got := sweepProject(t, quietProject(), 0, func(*sweep) {})
	if got.err != nil || !got.Complete || len(got.yielded) > 0 {
		t.Errorf("got %+v, error %v", got.Census, got.err)
	}
}

// A hundred people created at the very same moment cannot be told from a hundred
// and one. Everyone else is proven.
func TestSweepOwnsUpToACrowd(t *testing.T) {
	t.Parallel()
	for _, crowd := range []int{97, 98, 99, 100, 250} {
		p := quietProject()
		p.size = adminapi.MaxPageSize
		const moment = 500_000_000
		got := sweepProject(t, p, 1000, func(s *sweep) {
			s.workers = 4
			for range crowd {
				p.create(moment)
			}
		})
		var want []usersync.Gap
		if crowd > 98 {
			want = []usersync.Gap{{From: timeOf(moment).UTC(), Until: timeOf(moment).UTC()}}
		}
		if got.err != nil || !slices.Equal(got.Gaps, want) || got.Complete != (want == nil) || len(got.missed) > 0 {
			t.Errorf("%d at a moment: %+v, missed %v, error %v", crowd, got.Census, got.missed, got.err)
		}
		if crowd < 100 && len(got.yielded) != 1000+crowd {
			t.Errorf("%d at a moment: %d users yielded", crowd, len(got.yielded))
		}
	}
}

// Whoever comes while the sweep runs, on top or by a late commit, is found at
// its end; and a project that grows faster than it is read does not keep it.
func TestSweepFindsNewcomers(t *testing.T) {
	t.Parallel()
	p := quietProject()
	got := sweepProject(t, p, 100, func(s *sweep) {
		s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
			if p.requests == 5 {
				p.create(p.moments)
				p.create(p.moments - 60)
			}
			return p.Users(ctx, q)
		})
	})
	if got.err != nil || !got.Complete || got.HeadFinds != 2 || len(got.yielded) != 102 {
		t.Errorf("%d users, %+v, error %v", len(got.yielded), got.Census, got.err)
	}
	if got.TotalStart != 100 || got.TotalEnd != 102 {
		t.Errorf("counted %d and %d", got.TotalStart, got.TotalEnd)
	}
}

// A clock that lags behind the users' times does not make everyone a newcomer.
func TestSweepReadsTheListOnceThoughClocksDiffer(t *testing.T) {
	t.Parallel()
	for name, date := range map[string]time.Time{"no date": {}, "years behind": timeOf(-1_000_000_000)} {
		p := quietProject()
		got := sweepProject(t, p, 400, func(s *sweep) {
			s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
				page, err := p.Users(ctx, q)
				page.Date = date
				return page, err
			})
		})
		if got.err != nil || !got.Complete || got.Pages > 400/6+2 {
			t.Errorf("%s: %+v, error %v", name, got.Census, got.err)
		}
	}
}

// Those who may be newcomers are remembered, and so yielded once.
func TestSweepYieldsTheNewestOnce(t *testing.T) {
	t.Parallel()
	p := quietProject()
	p.moments = int(lateCommit.Seconds()) / 2
	got := sweepProject(t, p, 100, func(s *sweep) { s.workers = 4 })
	if got.err != nil || len(got.yielded) != 100 || got.HeadFinds != 0 {
		t.Errorf("%d users, %+v, error %v", len(got.yielded), got.Census, got.err)
	}
	for id, times := range got.yielded {
		if times != 1 {
			t.Errorf("user %s was yielded %d times", id, times)
		}
	}
}

func TestSweepEndsThoughUsersPourIn(t *testing.T) {
	t.Parallel()
	p := quietProject()
	got := sweepProject(t, p, 100, func(s *sweep) {
		s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
			for range p.size {
				p.create(p.moments + p.requests)
			}
			return p.Users(ctx, q)
		})
	})
	if got.err != nil || got.Complete || p.requests > got.budget {
		t.Errorf("%d requests of %d, %+v, error %v", p.requests, got.budget, got.Census, got.err)
	}
}

// Deletions above pull the list up past pages that were not read yet, by more
// than pages overlap and by more than a page.
func TestSweepClosesTheGapsThatDeletionsLeave(t *testing.T) {
	t.Parallel()
	for _, deleted := range []int{5, 37, 120} {
		p := quietProject()
		got := sweepProject(t, p, 400, func(s *sweep) {
			s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
				if p.requests == 30 {
					p.remove(0, deleted)
				}
				return p.Users(ctx, q)
			})
		})
		if got.err != nil || !got.Complete || got.Rounds != 1 || len(got.missed) > 0 {
			t.Errorf("%d deleted: %+v, missed %v, error %v", deleted, got.Census, got.missed, got.err)
		}
		if needed := 400 / 6; got.Pages > needed+deleted/6+15 {
			t.Errorf("%d deleted: %d pages", deleted, got.Pages)
		}
	}
}

// So many pages are asked for at a time, and no more.
func TestSweepReadsPagesAtATime(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 4} {
		p := quietProject()
		var mu sync.Mutex
		running, most := 0, 0
		got := sweepProject(t, p, 400, func(s *sweep) {
			s.workers = workers
			s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				page, err := p.Users(ctx, q)
				mu.Lock()
				running--
				mu.Unlock()
				return page, err
			})
		})
		if got.err != nil || most != workers {
			t.Errorf("%d workers asked for %d pages at a time, error %v", workers, most, got.err)
		}
	}
}

// Cancelling the context ends a sweep that waits for its consumer.
func TestSweepStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := quietProject()
		p.populate(100)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var census usersync.Census
		err := (&sweep{
			pager: p, size: 10, overlap: pageOverlap, workers: 4, census: &census, log: discardLogs(),
			emit: func(ctx context.Context, _ []*adminapi.User) error {
				<-ctx.Done()
				return ctx.Err()
			},
		}).run(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || census.Complete {
			t.Errorf("got %+v, error %v", census, err)
		}
	})
}
