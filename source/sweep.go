package source

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"usersync/adminapi"
	usersync "usersync/sync"
)

const (
	// pageOverlap is how many users two neighbouring pages share, so that as
	// many less one can be deleted between the two without leaving a gap.
	pageOverlap = 4
	// gapRounds is how often gaps are read again before they are reported.
	gapRounds = 8
	// spareRequests is what a sweep may spend beyond twice the pages it needs.
	spareRequests = 50
	// headRequests is how many of these are kept for the head pass, whatever
	// gaps there are.
	headRequests = 10
	// lateCommit is how long before the sweep's beginning someone may have been
	// created whom the server shows only later. Authgear sets the time before
	// the transaction ends, and hooks may hold that up for ten seconds.
	lateCommit = 5 * time.Minute
)

// A pager reads one page of users. [adminapi.Client] is one.
type pager interface {
	Users(ctx context.Context, query adminapi.UsersQuery) (*adminapi.UserPage, error)
}

// A sweep reads everyone in a project once, newest first, although the server
// pages by position, without a snapshot and without an order among users created
// at the same time. It does not ask which positions were read but which times of
// creation: those never change, so what each page proves stays true however the
// list moves.
type sweep struct {
	pager   pager
	fields  adminapi.UserFields
	size    int // users a page, above twice the overlap
	overlap int
	workers int // pages in flight
	// emit passes on the users of a page, from several goroutines at a time. A
	// page proves something only once emit has returned nil for it.
	emit   func(context.Context, []*adminapi.User) error
	census *usersync.Census
	log    *slog.Logger

	stride int // positions between the starts of two pages; set by begin

	mu         sync.Mutex // of what is below, and of the census
	budget     int        // requests that may still be sent
	cover      cover
	offset     int // where the next page of the main pass starts
	ended      bool
	disordered bool // a page out of order has been logged
	// recent are the ids of those created at lateSince or after, as far as they
	// have been emitted: newcomers and late commits are told from them, and they
	// are not emitted again.
	recent    map[string]struct{}
	lateSince time.Time
}

// errCursors says that the server's cursors are not positions.
var errCursors = errors.New("cursors are not positions")

// run sweeps. What it found out stands in the census, which says complete only
// if run returns nil. The error is the pager's or that of emit.
func (s *sweep) run(ctx context.Context) error {
	*s.census = usersync.Census{TotalStart: -1, TotalEnd: -1}
	s.recent = make(map[string]struct{})
	err := s.readPositions(ctx)
	if errors.Is(err, errCursors) {
		s.log.WarnContext(ctx, "the server's cursors are not the offsets expected; following them one page after the other")
		clear(s.recent) // what was on its way when that was noticed may not have arrived
		err = s.chain(ctx, func(*sheet) bool { return false })
	}
	if err != nil {
		return err
	}
	if err := s.headPass(ctx); err != nil {
		return err
	}
	s.judge(ctx)
	return nil
}

func (s *sweep) readPositions(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.mainPass(ctx); err != nil {
		return err
	}
	return s.closeGaps(ctx)
}

// begin reads the first page, which says what to expect of the others.
func (s *sweep) begin(ctx context.Context) error {
	s.budget, s.stride = 1, s.size-s.overlap
	page, _, err := s.readAfter(ctx, "", 0)
	if err != nil {
		return err
	}
	s.census.Began = page.Date
	first, positional := readSheet(page, 0, s.size)
	if len(first.users) > 0 && !first.last {
		// A server that hands out less than was asked for is followed in its
		// steps. Much less can only mean that people have just been deleted.
		s.stride = max(first.positions[len(first.users)-1]+1, s.size/2) - s.overlap
	}
	s.offset, s.ended = s.stride, first.last
	late := page.Date
	if len(first.users) > 0 && first.users[0].CreatedAt.After(late) {
		// There is no Date, or users are created by another clock.
		late = first.users[0].CreatedAt
	}
	s.lateSince = late.Add(-lateCommit)
	s.budget = math.MaxInt32 // no server known keeps the count to itself
	if page.TotalCount != nil {
		s.census.TotalStart = *page.TotalCount
		pages := *page.TotalCount/s.stride + 1
		s.budget = 2*pages + spareRequests - headRequests - 1
	}
	if !positional {
		return errCursors
	}
	return s.take(ctx, &first)
}

// mainPass reads the list from end to end, several pages at a time.
func (s *sweep) mainPass(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range s.workers {
		group.Go(func() error {
			for start, more := s.nextStart(); more; start, more = s.nextStart() {
				page, spent, err := s.visit(ctx, start)
				if err != nil {
					return err
				}
				if spent || page.last {
					s.end()
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (s *sweep) nextStart() (start int, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	start = s.offset
	s.offset += s.stride
	return start, !s.ended
}

func (s *sweep) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// judge writes down what was proven.
func (s *sweep) judge(ctx context.Context) {
	for _, g := range s.cover.gaps() {
		s.census.Gaps = append(s.census.Gaps, usersync.Gap{From: g.low.time(), Until: g.high.time()})
	}
	s.census.Complete = len(s.census.Gaps) == 0
	if !s.census.Complete {
		s.log.InfoContext(ctx, "the sweep is incomplete", "gaps", len(s.census.Gaps), "rounds", s.census.Rounds, "pages", s.census.Pages)
	}
}
