package adminapi

import (
	"errors"
	"fmt"
)

// userPage never takes a missing list for an empty one, nor silence about a
// next page for there being none: that is what the end of the users looks like.
func userPage(c *connection[userNode], fields UserFields) (*UserPage, error) {
	if c == nil || c.Edges == nil {
		return nil, errors.New("it holds no list of users")
	}
	if c.PageInfo == nil {
		return nil, errors.New("it does not say whether more users follow")
	}
	page := &UserPage{
		Edges:       make([]UserEdge, len(c.Edges)),
		HasNextPage: c.PageInfo.HasNextPage,
		EndCursor:   c.PageInfo.EndCursor,
		TotalCount:  c.TotalCount,
	}
	for i, edge := range c.Edges {
		if edge == nil {
			continue
		}
		page.Edges[i].Cursor = edge.Cursor
		if edge.Node == nil {
			continue
		}
		user, err := edge.Node.user(fields)
		if err != nil {
			return nil, err
		}
		page.Edges[i].Node = user
	}
	return page, nil
}

// user is the node as callers see it. What was asked for and is missing is an
// error that names the user and the field, never a user who has lost it.
func (n *userNode) user(fields UserFields) (*User, error) {
	if n == nil {
		return nil, errors.New("a user in it is null")
	}
	id, err := nodeUUID(n.ID, kindUser)
	if err != nil {
		return nil, err
	}
	u := &User{
		ID:                       id,
		CreatedAt:                n.CreatedAt,
		UpdatedAt:                n.UpdatedAt,
		LastLoginAt:              n.LastLoginAt,
		IsAnonymous:              n.IsAnonymous,
		IsDisabled:               n.IsDisabled,
		IsDeactivated:            n.IsDeactivated,
		IsAnonymized:             n.IsAnonymized,
		DisableReason:            n.DisableReason,
		DeleteReason:             n.DeleteReason,
		DeleteAt:                 n.DeleteAt,
		AnonymizeAt:              n.AnonymizeAt,
		TemporarilyDisabledFrom:  n.TemporarilyDisabledFrom,
		TemporarilyDisabledUntil: n.TemporarilyDisabledUntil,
		AccountValidFrom:         n.AccountValidFrom,
		AccountValidUntil:        n.AccountValidUntil,
		MFAGracePeriodEndAt:      n.MFAGracePeriodEndAt,
		FormattedName:            n.FormattedName,
		EndUserAccountID:         n.EndUserAccountID,
		StandardAttributes:       n.StandardAttributes,
		CustomAttributes:         n.CustomAttributes,
		VerifiedClaims:           n.VerifiedClaims,
	}
	if field, err := n.connections(fields, u); err != nil {
		return nil, fmt.Errorf("%s of user %s %w", field, id, err)
	}
	switch {
	case fields.Has(FieldStandardAttributes) && n.StandardAttributes == nil:
		return nil, fmt.Errorf("standardAttributes of user %s is null", id)
	case fields.Has(FieldCustomAttributes) && n.CustomAttributes == nil:
		return nil, fmt.Errorf("customAttributes of user %s is null", id)
	case fields.Has(FieldVerifiedClaims) && n.VerifiedClaims == nil:
		return nil, fmt.Errorf("verifiedClaims of user %s is null", id)
	}
	return u, nil
}

// connections fills in the lists, and names the field that it could not.
func (n *userNode) connections(fields UserFields, u *User) (field string, err error) {
	if fields.Has(FieldIdentities) {
		if u.Identities, err = identities(n.Identities); err != nil {
			return "identities", err
		}
	}
	if fields.Has(FieldRoles) {
		if u.Roles, err = keys(n.Roles); err != nil {
			return "roles", err
		}
	}
	if fields.Has(FieldGroups) {
		if u.Groups, err = keys(n.Groups); err != nil {
			return "groups", err
		}
	}
	return "", nil
}

func identities(c *connection[identityNode]) ([]Identity, error) {
	nodes, err := c.all()
	if err != nil {
		return nil, err
	}
	list := make([]Identity, len(nodes))
	for i, node := range nodes {
		id, err := nodeUUID(node.ID, kindIdentity)
		if err != nil {
			return nil, fmt.Errorf("holds one that cannot be read: %w", err)
		}
		list[i] = Identity{
			ID: id, Type: node.Type, CreatedAt: node.CreatedAt, UpdatedAt: node.UpdatedAt,
			Claims: node.Claims,
		}
	}
	return list, nil
}

func keys(c *connection[keyNode]) ([]string, error) {
	nodes, err := c.all()
	if err != nil {
		return nil, err
	}
	list := make([]string, len(nodes))
	for i, node := range nodes {
		if node.Key == "" {
			return nil, errors.New("holds one without a key")
		}
		list[i] = node.Key
	}
	return list, nil
}
