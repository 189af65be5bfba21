package source

import (
	"time"

	"usersync/adminapi"
)

// A sheet is a page of users with their places in the server's list. A page is
// one SELECT of Authgear's: a run of the list without holes, at one instant. Its
// users are loaded just after, and one who was deleted in between leaves a hole,
// as an edge without a node or, in other releases, without an edge.
type sheet struct {
	start     int // position of the page's first place; 0 for the top of the list
	users     []*adminapi.User
	positions []int // of the users; ascending
	holes     int   // places that are known to have been listed and have no user
	// last says that the list ended on this page, or before it.
	last bool
	// bottom says that the page's last user was the last of the list.
	bottom bool
	// empty says that the list itself was empty.
	empty bool
}

// readSheet understands a page that was asked for at a position. It reports
// false when the cursors are not the positions of the edges, as they are in
// every release known; the users' positions are then their places on the page.
//
// That hasNextPage is false, and not that edges are few, says that the list
// ended: a page can have lost edges to deletions.
func readSheet(page *adminapi.UserPage, start, size int) (s sheet, positional bool) {
	s = sheet{start: start, last: !page.HasNextPage}
	positional, end := true, start
	for _, edge := range page.Edges {
		position, err := adminapi.ParseOffsetCursor(edge.Cursor)
		known := err == nil && position >= end && position < start+size
		if known {
			end = position + 1
		}
		if edge.Node != nil { // an edge that is null altogether has no cursor
			positional = positional && known
			s.users = append(s.users, edge.Node)
			s.positions = append(s.positions, position)
		}
	}
	if !positional {
		end = start + len(page.Edges)
		s.positions = s.positions[:0]
		for i, edge := range page.Edges {
			if edge.Node != nil {
				s.positions = append(s.positions, start+i)
			}
		}
	}
	s.holes = end - start - len(s.users)
	switch count := len(page.Edges); {
	case !s.last || count == size || positional && missing(page, end):
		// There may be more.
	case count == 0:
		s.empty = start == 0
	default:
		s.bottom = page.Edges[count-1].Node != nil
	}
	return s, positional
}

// missing says that the server, if it counted its users with this page, counted
// more than so many: then someone may have been listed after the last edge.
func missing(page *adminapi.UserPage, users int) bool {
	return page.TotalCount != nil && *page.TotalCount > users
}

// ordered says whether the page keeps to the order it was asked for in.
func (s *sheet) ordered() bool {
	for i := 1; i < len(s.users); i++ {
		if s.moment(i) > s.moment(i-1) {
			return false
		}
	}
	return true
}

func (s *sheet) moment(i int) moment { return momentOf(s.users[i].CreatedAt) }

// spans is what an ordered page proves: for each run of users without a hole,
// that everyone strictly between its ends is on it. A hole is taken for someone
// who may still be there, so that what surrounds it is read again. That costs a
// request where a deletion has just happened, and never believes a server that
// has merely failed to load a user.
func (s *sheet) spans(overlap, stepBack int) []span {
	if s.empty {
		return []span{{low: beforeAll, high: afterAll}}
	}
	var spans []span
	for from := 0; from < len(s.users); {
		to := from
		for to+1 < len(s.users) && s.positions[to+1] == s.positions[to]+1 {
			to++
		}
		run := span{low: s.moment(to), high: s.moment(from)}
		if s.positions[from] == 0 {
			run.high = afterAll
		}
		if s.bottom && to == len(s.users)-1 {
			run.low = beforeAll
		}
		run.next = s.aim(to)
		if ties := s.positions[to] - run.next; ties < overlap {
			// The next page overlapped this one by more than the users who were
			// created at the same time as the last. If a gap is there all the
			// same, the list has moved up since: people above were deleted.
			run.next = max(0, run.next-stepBack)
		}
		spans = append(spans, run)
		from = to + 1
	}
	return spans
}

// aim is the position of the last user, up to i, who is strictly newer than i:
// a page that begins there has as much room as can be for those who were
// created at the same time as i. It is the page's start when there is none.
func (s *sheet) aim(i int) int {
	lowest := s.moment(i)
	for i--; i >= 0; i-- {
		if s.moment(i) > lowest {
			return s.positions[i]
		}
	}
	return s.start
}

// beginsAbove says whether the page shows what lies just above a gap, so that
// nobody of the gap is before it.
func (s *sheet) beginsAbove(g gap) bool {
	return s.start == 0 || len(s.users) > 0 && s.moment(0) > g.high
}

// endsBelow says whether the page, which begins above a gap, goes beyond it.
func (s *sheet) endsBelow(g gap) bool {
	return s.last || len(s.users) > 0 && s.moment(len(s.users)-1) < g.low
}

// endsBefore says whether the page goes down to somebody who was created before
// a time.
func (s *sheet) endsBefore(t time.Time) bool {
	return len(s.users) > 0 && s.users[len(s.users)-1].CreatedAt.Before(t)
}
