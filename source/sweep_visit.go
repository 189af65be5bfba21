package source

import (
	"context"
	"fmt"

	"usersync/adminapi"
)

// visit reads the page that starts at a position and takes it. It reports spent
// instead when the budget is.
func (s *sweep) visit(ctx context.Context, start int) (page *sheet, spent bool, err error) {
	after := ""
	if start > 0 {
		after = adminapi.OffsetCursor(start - 1)
	}
	raw, spent, err := s.readAfter(ctx, after, start)
	if err != nil || spent {
		return nil, spent, err
	}
	read, positional := readSheet(raw, start, s.size)
	if !positional {
		return nil, false, errCursors
	}
	return &read, false, s.take(ctx, &read)
}

// readAfter reads the page after a cursor, which starts at a position as far as
// is known. It is the one place from which requests are sent. It has the server
// count all users where that is wanted: at the top, and where the list may end.
func (s *sweep) readAfter(ctx context.Context, after string, start int) (page *adminapi.UserPage, spent bool, err error) {
	number, spent := s.spend()
	if spent {
		return nil, true, nil
	}
	page, err = s.pager.Users(ctx, adminapi.UsersQuery{
		First:         s.size,
		After:         after,
		SortBy:        adminapi.SortByCreatedAt,
		SortDirection: adminapi.SortDescending,
		Fields:        s.fields,
		TotalCount:    start == 0 || start+s.size >= s.census.TotalStart,
	})
	if err != nil {
		return nil, false, fmt.Errorf("page %d: %w", number, err)
	}
	return page, false, nil
}

func (s *sweep) spend() (number int, spent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.budget == 0 {
		return 0, true
	}
	s.budget--
	s.census.Pages++
	return s.census.Pages, false
}

// take passes the users of a page on, and then believes what the page proves.
func (s *sweep) take(ctx context.Context, page *sheet) error {
	if unseen := s.unseen(page.users); len(unseen) > 0 {
		if err := s.emit(ctx, unseen); err != nil {
			return err
		}
	}
	s.believe(ctx, page)
	return nil
}

// unseen leaves out those who are known to have been passed on already: the
// newest alone are remembered. They count as passed on from here, because the
// sweep fails as a whole if that fails.
func (s *sweep) unseen(users []*adminapi.User) []*adminapi.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	var unseen []*adminapi.User
	for _, user := range users {
		if !user.CreatedAt.Before(s.lateSince) {
			if _, seen := s.recent[user.ID]; seen {
				continue
			}
			s.recent[user.ID] = struct{}{}
		}
		unseen = append(unseen, user)
	}
	return unseen
}

// believe adds what a page proves to the cover.
func (s *sweep) believe(ctx context.Context, page *sheet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.census.NullNodes += page.holes
	if !page.ordered() {
		if !s.disordered {
			s.log.WarnContext(ctx, "a page of users was not in the order asked for, and proves nothing", "position", page.start)
		}
		s.disordered = true
		return
	}
	for _, proven := range page.spans(s.overlap, s.stride/2) {
		s.cover.add(proven)
	}
}
