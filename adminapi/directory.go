package adminapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
)

// Roles reads all roles of the project, page by page as they are asked for.
// An error ends the sequence and is its last element.
func (c *Client) Roles(ctx context.Context) iter.Seq2[Role, error] {
	return func(yield func(Role, error) bool) {
		for entry, err := range c.entries(ctx, rolesOperation(), kindRole) {
			if err != nil {
				yield(Role{}, fmt.Errorf("read roles: %w", err))
				return
			}
			if !yield(Role(entry), nil) {
				return
			}
		}
	}
}

// Groups reads all groups of the project, page by page as they are asked for.
// An error ends the sequence and is its last element.
func (c *Client) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return func(yield func(Group, error) bool) {
		for entry, err := range c.entries(ctx, groupsOperation(), kindGroup) {
			if err != nil {
				yield(Group{}, fmt.Errorf("read groups: %w", err))
				return
			}
			if !yield(Group(entry), nil) {
				return
			}
		}
	}
}

// entry is what roles and groups have in common, which is all of them.
type entry Role

// entries walks a connection of roles or groups to its end. A full page says
// that another follows; the walk therefore ends at a page that is not full,
// and never takes the same cursor twice.
func (c *Client) entries(ctx context.Context, op operation, kind string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		after := ""
		for {
			page, err := c.entryPage(ctx, op, after)
			if err != nil {
				yield(entry{}, err)
				return
			}
			for _, edge := range page.Edges {
				if edge == nil || edge.Node == nil {
					continue // deleted while the page was read
				}
				e, err := edge.Node.entry(kind)
				if err != nil {
					yield(entry{}, misunderstood(op, err))
					return
				}
				if !yield(e, nil) {
					return
				}
			}
			if page.PageInfo == nil || !page.PageInfo.HasNextPage {
				return
			}
			if page.PageInfo.EndCursor == "" || page.PageInfo.EndCursor == after {
				yield(entry{}, misunderstood(op, errors.New("it says that more follow, but not where")))
				return
			}
			after = page.PageInfo.EndCursor
		}
	}
}

func (c *Client) entryPage(ctx context.Context, op operation, after string) (*entryConnection, error) {
	vars := map[string]any{"first": MaxPageSize}
	if after != "" {
		vars["after"] = after
	}
	var data struct {
		Roles  *entryConnection `json:"roles"`
		Groups *entryConnection `json:"groups"`
	}
	if _, err := c.query(ctx, op, vars, &data); err != nil {
		return nil, err
	}
	page := cmp.Or(data.Roles, data.Groups)
	if page == nil || page.Edges == nil {
		return nil, misunderstood(op, errors.New("it holds no list"))
	}
	return page, nil
}
