package adminapi

import (
	"context"
	"errors"
	"iter"
)

// ErrDeadEnd is the last element of a list that cannot be followed to its end.
var ErrDeadEnd = errors.New("list users: the server says that more follow, and not where")

// ListUsers yields the users of a query page after page, q.First of them a
// request, each user once. It is for looking at people: while users come and go
// it may miss some, and in search mode also those who share their time with the
// last of a page. An error ends the sequence and is its last element.
//
// The server has no end for every search: where all users of a page are gone it
// answers an empty one which says that another follows, and gives no cursor but
// the one that leads to the first page again. The sequence ends there with
// [ErrDeadEnd], as there may be users behind that page.
func (c *Client) ListUsers(ctx context.Context, q UsersQuery) iter.Seq2[*User, error] {
	return func(yield func(*User, error) bool) {
		seen := make(map[string]bool)
		for {
			page, err := c.Users(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, edge := range page.Edges {
				if edge.Node == nil || seen[edge.Node.ID] {
					continue
				}
				seen[edge.Node.ID] = true
				if !yield(edge.Node, nil) {
					return
				}
			}
			if !page.HasNextPage {
				return
			}
			if page.EndCursor == "" || page.EndCursor == q.After {
				yield(nil, ErrDeadEnd)
				return
			}
			q.After = page.EndCursor
		}
	}
}
