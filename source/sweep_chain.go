package source

import (
	"context"
	"math"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// headPass reads the newest again, for those who came while the sweep ran and
// for those whose transaction ended late.
func (s *sweep) headPass(ctx context.Context) error {
	before := len(s.recent)
	s.budget += headRequests
	err := s.chain(ctx, func(page *sheet) bool { return page.endsBefore(s.lateSince) })
	s.census.HeadFinds = len(s.recent) - before
	return err
}

// newcomers reads the newest, down to the page on which somebody was created
// before a moment, and at least one page. It proves nothing.
func (s *sweep) newcomers(ctx context.Context, since time.Time) error {
	*s.census = usersync.Census{TotalStart: -1, TotalEnd: -1}
	s.recent, s.lateSince = make(map[string]struct{}), since
	s.budget = math.MaxInt32 // the list ends, and so do newcomers
	return s.chain(ctx, func(page *sheet) bool { return page.endsBefore(since) })
}

// chain reads one page after the other from the top of the list, by cursors of
// any kind, until there is enough, or the list or the budget ends.
func (s *sweep) chain(ctx context.Context, enough func(*sheet) bool) error {
	followed := make(map[string]struct{}) // so as not to be led in circles
	after, start := "", 0
	for {
		page, spent, err := s.readAfter(ctx, after, start)
		if err != nil || spent {
			return err
		}
		if page.TotalCount != nil {
			s.census.TotalEnd = *page.TotalCount
		}
		read, _ := readSheet(page, start, s.size)
		if err := s.take(ctx, &read); err != nil {
			return err
		}
		after, start = s.link(page, start)
		if _, circle := followed[after]; circle || after == "" || read.last || enough(&read) {
			return nil
		}
		followed[after] = struct{}{}
	}
}

// link is the cursor after which the next page of a chain begins, and that
// page's position. It is not the page's endCursor but that of an edge before it,
// so that the pages overlap: pages that merely touch prove nothing about those
// created at the moment where they meet.
func (s *sweep) link(page *adminapi.UserPage, start int) (after string, next int) {
	for i := max(0, len(page.Edges)-1-s.overlap); i >= 0 && i < len(page.Edges); i-- {
		if cursor := page.Edges[i].Cursor; cursor != "" {
			next = start + i + 1
			if position, err := adminapi.ParseOffsetCursor(cursor); err == nil {
				next = position + 1
			}
			return cursor, next
		}
	}
	return page.EndCursor, start + len(page.Edges)
}
