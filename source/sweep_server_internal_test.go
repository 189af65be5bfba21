package source

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// An empty answer is not the end when the server says that it listed a full page.
func TestSweepDoesNotBelieveAnEmptyPage(t *testing.T) {
	t.Parallel()
	got := sweepProject(t, quietProject(), 100, func(s *sweep) {
		s.pager = pagerFunc(func(context.Context, adminapi.UsersQuery) (*adminapi.UserPage, error) {
			return &adminapi.UserPage{HasNextPage: true, TotalCount: new(100)}, nil
		})
	})
	if got.err != nil || got.Complete {
		t.Errorf("got %+v, error %v", got.Census, got.err)
	}
}

// A user whom the server once fails to load is read again, also when not even an
// edge shows it.
func TestSweepReadsAroundAHole(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		page, edge int
		noEdge     bool
	}{
		"at the top":              {0, 0, false},
		"at the top, no edge":     {0, 0, true},
		"within":                  {3, 5, false},
		"within, no edge":         {3, 5, true},
		"end of a page":           {3, 9, false},
		"end of a page, no edge":  {3, 9, true},
		"at the bottom":           {15, 6, false},
		"at the bottom, no edge":  {15, 6, true},
		"start of a page, noedge": {4, 0, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := quietProject()
			got := sweepProject(t, p, 97, func(s *sweep) {
				s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
					page, err := p.Users(ctx, q)
					if p.requests == test.page+1 {
						page.Edges[test.edge].Node = nil
						if test.noEdge {
							page.Edges = slices.Delete(page.Edges, test.edge, test.edge+1)
						}
					}
					return page, err
				})
			})
			if got.err != nil || !got.Complete || len(got.yielded) != 97 || got.NullNodes > 1 {
				t.Errorf("%d users, %+v, error %v", len(got.yielded), got.Census, got.err)
			}
		})
	}
}

func TestSweepFollowsAServerOfSmallerPages(t *testing.T) {
	t.Parallel()
	p := quietProject()
	got := sweepProject(t, p, 400, func(s *sweep) { s.size = 16 })
	if got.err != nil || !got.Complete || got.Rounds != 0 || len(got.yielded) != 400 {
		t.Errorf("%d users, %+v, error %v", len(got.yielded), got.Census, got.err)
	}
}

func TestSweepFollowsUnknownCursorsAndSaysSo(t *testing.T) {
	t.Parallel()
	p := quietProject()
	p.positional = false
	var log bytes.Buffer
	got := sweepProject(t, p, 100, func(s *sweep) { s.workers, s.log = 4, slog.New(slog.NewTextHandler(&log, nil)) })
	if got.err != nil || !got.Complete || len(got.yielded) != 100 {
		t.Errorf("%d users, %+v, error %v", len(got.yielded), got.Census, got.err)
	}
	if !strings.Contains(log.String(), "cursors are not the offsets expected") {
		t.Errorf("the log says %q", log.String())
	}
}

// As the search engine's cursors can: the same page over and over.
func TestSweepDoesNotGoInCircles(t *testing.T) {
	t.Parallel()
	p := quietProject()
	p.positional = false
	got := sweepProject(t, p, 100, func(s *sweep) {
		s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
			q.After = ""
			return p.Users(ctx, q)
		})
	})
	if got.err != nil || got.Complete || p.requests > 10 {
		t.Errorf("%d requests, %+v, error %v", p.requests, got.Census, got.err)
	}
}

// A page that is out of order proves nothing, though its users are passed on.
func TestSweepDoesNotBelieveDisorder(t *testing.T) {
	t.Parallel()
	p := quietProject()
	var log bytes.Buffer
	got := sweepProject(t, p, 100, func(s *sweep) {
		s.log = slog.New(slog.NewTextHandler(&log, nil))
		s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
			page, err := p.Users(ctx, q)
			for i := range page.Edges {
				if j := len(page.Edges) - 1 - i; i < j {
					page.Edges[i].Node, page.Edges[j].Node = page.Edges[j].Node, page.Edges[i].Node
				}
			}
			return page, err
		})
	})
	everything := []usersync.Gap{{}}
	if got.err != nil || got.Complete || !slices.Equal(got.Gaps, everything) || len(got.yielded) != 100 {
		t.Errorf("%d users, %+v, error %v", len(got.yielded), got.Census, got.err)
	}
	if strings.Count(log.String(), "not in the order") != 1 {
		t.Errorf("the log says %q", log.String())
	}
	if p.requests > got.budget {
		t.Errorf("%d requests, of %d", p.requests, got.budget)
	}
}

// Cursors turn out to be no positions while another page is being passed on,
// which is broken off: its users come again.
func TestSweepYieldsWhatWasBrokenOff(t *testing.T) {
	t.Parallel()
	p := quietProject()
	p.moments = int(lateCommit.Seconds()) / 2
	got := sweepProject(t, p, 100, func(s *sweep) {
		s.workers = 2
		s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
			page, err := p.Users(ctx, q)
			if q.After == adminapi.OffsetCursor(11) {
				time.Sleep(time.Minute) //nolint:forbidigo // in a synctest bubble, where it is exact
				page.Edges[0].Cursor = "unheard of"
			}
			return page, err
		})
		emit, stuck := s.emit, false
		s.emit = func(ctx context.Context, users []*adminapi.User) error {
			if users[0] == p.users[10] && !stuck { // the page from position 6
				stuck = true
				<-ctx.Done()
				return ctx.Err()
			}
			return emit(ctx, users)
		}
	})
	if got.err != nil || !got.Complete || len(got.yielded) != 100 {
		t.Errorf("%d users, %+v, error %v", len(got.yielded), got.Census, got.err)
	}
}

func TestSweepEndsWithThePagersError(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	needed := sweepProject(t, quietProject(), 100, func(*sweep) {}).Pages
	for after := range needed {
		p := quietProject()
		got := sweepProject(t, p, 100, func(s *sweep) {
			s.pager = pagerFunc(func(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
				if p.requests >= after {
					return nil, refused
				}
				return p.Users(ctx, q)
			})
		})
		if !errors.Is(got.err, refused) || got.Complete {
			t.Errorf("after %d pages: %+v, error %v", after, got.Census, got.err)
		}
	}
}
