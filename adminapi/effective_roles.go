package adminapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// EffectiveRoles are the keys of all roles that the user with the id (a uuid in
// lower case) has, given directly or by way of groups, sorted; none if there is
// no such user. What a user has by groups is in no export and in no field of
// [User], and moves no updatedAt.
func (c *Client) EffectiveRoles(ctx context.Context, id string) ([]string, error) {
	roles, err := c.effectiveRoles(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read effective roles of user %s: %w", id, err)
	}
	return roles, nil
}

func (c *Client) effectiveRoles(ctx context.Context, id string) ([]string, error) {
	if !isUUID(id) {
		return nil, errors.New("the id is not a uuid in lower case")
	}
	op := effectiveRolesOperation()
	var data struct {
		Node *struct {
			Roles *connection[keyNode] `json:"effectiveRoles"`
		} `json:"node"`
	}
	if _, err := c.query(ctx, op, map[string]any{"id": NodeID(id)}, &data); err != nil || data.Node == nil {
		return nil, err
	}
	roles, err := keys(data.Node.Roles)
	if err != nil {
		return nil, misunderstood(op, fmt.Errorf("the list %w", err))
	}
	slices.Sort(roles)
	return slices.Compact(roles), nil
}

func effectiveRolesOperation() operation {
	return operation{"UsersyncEffectiveRoles", `query UsersyncEffectiveRoles($id: ID!) {
  node(id: $id) { ... on User { effectiveRoles { totalCount edges { node { key } } } } }
}`}
}
