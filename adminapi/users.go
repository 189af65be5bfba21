package adminapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// MaxPageSize is the most users that one page can hold. The server silently
// caps larger requests at it.
const MaxPageSize = 100

// UserSortBy is what a list of users is ordered by.
type UserSortBy string

// The orders the server offers. Users with equal keys come in no fixed order.
// Do not read a whole project by SortByLastLoginAt: most keys are equal (null),
// and pages then repeat and leave out users.
const (
	SortByCreatedAt   UserSortBy = "CREATED_AT"
	SortByLastLoginAt UserSortBy = "LAST_LOGIN_AT"
)

// SortDirection is the direction of an order.
type SortDirection string

// The two directions. By creation, descending uses an index of the server's
// database; ascending sorts the whole table for every page.
const (
	SortAscending  SortDirection = "ASC"
	SortDescending SortDirection = "DESC"
)

// UsersQuery says which page of users to read.
//
// With a SearchKeyword, RoleKeys or GroupKeys it is the server's search that
// answers: its results lag behind writes, its cursors are timestamps, pages
// can be short or empty though more follow, and there is no total count. It is
// for looking people up, never for reading everybody.
type UsersQuery struct {
	First         int           // users wanted: 1 to MaxPageSize, 0 for MaxPageSize
	After         string        // cursor of the edge before the page; "" for the first page
	SortBy        UserSortBy    // "": the server's default, by creation
	SortDirection SortDirection // "": the server's default, descending
	SearchKeyword string
	RoleKeys      []string // users who have all of these roles, read in Authgear's source
	GroupKeys     []string // users who are in all of these groups, likewise
	Fields        UserFields
	TotalCount    bool // count all users as well
}

// UserPage is one page of users. The server reads the ids of a page in one
// statement and the users just after it.
type UserPage struct {
	Edges []UserEdge
	// HasNextPage says no more than that the server found as many users as
	// were asked for; the next page may be empty. A page can have fewer edges
	// than that and still have it true: where a user was deleted while the
	// page was read, some releases of the server leave the edge out and others
	// leave its node null.
	HasNextPage bool
	EndCursor   string // cursor of the last edge, "" if there is none
	TotalCount  *int   // nil when not asked for, and in search mode
	// Date is the server's clock when it answered, in whole seconds, from the
	// Date header; zero if there was none.
	Date time.Time
}

// UserEdge is a place on a page.
type UserEdge struct {
	Cursor string // see ParseOffsetCursor
	Node   *User  // nil when the user was deleted while the page was read
}

// Users reads one page of users.
func (c *Client) Users(ctx context.Context, q UsersQuery) (*UserPage, error) {
	if q.First < 0 || q.First > MaxPageSize {
		return nil, fmt.Errorf("read users: a page of %d users is not possible; ask for 1 to %d", q.First, MaxPageSize)
	}
	page, err := c.users(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return page, nil
}

func (c *Client) users(ctx context.Context, q UsersQuery) (*UserPage, error) {
	op := c.documents.users(q.Fields, q.TotalCount)
	var data struct {
		Users *connection[userNode] `json:"users"`
	}
	header, err := c.query(ctx, op, q.variables(), &data)
	if err != nil {
		return nil, err
	}
	page, err := userPage(data.Users, q.Fields)
	if err != nil {
		return nil, misunderstood(op, err)
	}
	page.Date = dateOf(header)
	return page, nil
}

// variables leaves out what was not said, so that the server's defaults hold.
func (q UsersQuery) variables() map[string]any {
	vars := map[string]any{"first": MaxPageSize}
	if q.First > 0 {
		vars["first"] = q.First
	}
	if q.After != "" {
		vars["after"] = q.After
	}
	if q.SortBy != "" {
		vars["sortBy"] = q.SortBy
	}
	if q.SortDirection != "" {
		vars["sortDirection"] = q.SortDirection
	}
	if q.SearchKeyword != "" {
		vars["searchKeyword"] = q.SearchKeyword
	}
	if len(q.RoleKeys) > 0 {
		vars["roleKeys"] = q.RoleKeys
	}
	if len(q.GroupKeys) > 0 {
		vars["groupKeys"] = q.GroupKeys
	}
	return vars
}

// TotalCount is the number of users in the project, as the server's database
// counts them at that moment.
func (c *Client) TotalCount(ctx context.Context) (int, error) {
	op := totalCountOperation()
	var data struct {
		Users *struct {
			TotalCount *int `json:"totalCount"`
		} `json:"users"`
	}
	if _, err := c.query(ctx, op, nil, &data); err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	if data.Users == nil || data.Users.TotalCount == nil {
		return 0, fmt.Errorf("count users: %w", misunderstood(op, errors.New("it holds no count")))
	}
	return *data.Users.TotalCount, nil
}

// dateOf is the Date header, or zero when it is absent or not a date.
func dateOf(header http.Header) time.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}
