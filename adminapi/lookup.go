package adminapi

import (
	"context"
	"errors"
	"fmt"
)

// MaxIDs is the most users that UsersByID asks for at once. The server was
// seen to answer that many; its limit is the size of the request, 1 MiB.
const MaxIDs = 2000

// UsersByID reads the users with the given ids (uuids in lower case, at most
// MaxIDs). The result has a place for every id, in the same order; nil stands
// where the server answered that there is no such user. Anything less clean is
// an error for all of them: data beside a GraphQL error, an answer for another
// id, a node that is not a user. An id of another form is refused before it is
// sent, because the server answers it like one that does not exist.
func (c *Client) UsersByID(ctx context.Context, ids []string, fields UserFields) ([]*User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	users, err := c.usersByID(ctx, ids, fields)
	if err != nil {
		return nil, fmt.Errorf("read %d users by id: %w", len(ids), err)
	}
	return users, nil
}

func (c *Client) usersByID(ctx context.Context, ids []string, fields UserFields) ([]*User, error) {
	if len(ids) > MaxIDs {
		return nil, fmt.Errorf("at most %d are possible at once", MaxIDs)
	}
	nodeIDs := make([]string, len(ids))
	for i, id := range ids {
		if !isUUID(id) {
			return nil, fmt.Errorf("id %d of them is not a uuid in lower case", i+1)
		}
		nodeIDs[i] = NodeID(id)
	}
	op := c.documents.nodes(fields)
	var data struct {
		Nodes []*struct {
			Typename string `json:"__typename"`
			userNode
		} `json:"nodes"`
	}
	if _, err := c.query(ctx, op, map[string]any{"ids": nodeIDs}, &data); err != nil {
		return nil, err
	}
	if len(data.Nodes) != len(ids) {
		return nil, misunderstood(op, fmt.Errorf("it holds %d nodes for %d ids", len(data.Nodes), len(ids)))
	}
	users := make([]*User, len(ids))
	for i, node := range data.Nodes {
		if node == nil {
			continue
		}
		if node.Typename != kindUser {
			return nil, misunderstood(op, fmt.Errorf("the node for %s is not a user", ids[i]))
		}
		user, err := node.user(fields)
		if err != nil {
			return nil, misunderstood(op, err)
		}
		if user.ID != ids[i] {
			return nil, misunderstood(op, fmt.Errorf("user %s stands where %s was asked for", user.ID, ids[i]))
		}
		users[i] = user
	}
	return users, nil
}

// UsersByAttribute finds the users whose standard attribute has the value; no
// user is no error. The attribute is "email", "phone_number" or
// "preferred_username". The server normalises the value (an email in upper
// case finds its user) and answers from its database, so what was just written
// is found; a value that cannot be of that attribute is an *Error with the
// reason [ReasonInvalidArgument].
func (c *Client) UsersByAttribute(ctx context.Context, attribute, value string, fields UserFields) ([]*User, error) {
	users, err := c.usersByAttribute(ctx, attribute, value, fields)
	if err != nil {
		return nil, fmt.Errorf("find users by %s: %w", attribute, err)
	}
	return users, nil
}

func (c *Client) usersByAttribute(ctx context.Context, attribute, value string, fields UserFields) ([]*User, error) {
	op := c.documents.byAttribute(fields)
	var data struct {
		Users []*userNode `json:"getUsersByStandardAttribute"`
	}
	vars := map[string]any{"attribute": attribute, "value": value}
	if _, err := c.query(ctx, op, vars, &data); err != nil {
		return nil, err
	}
	if data.Users == nil {
		return nil, misunderstood(op, errors.New("it holds no list of users"))
	}
	users := make([]*User, len(data.Users))
	for i, node := range data.Users {
		user, err := node.user(fields)
		if err != nil {
			return nil, misunderstood(op, err)
		}
		users[i] = user
	}
	return users, nil
}

// UserByLoginID finds the user who signs in with the value under the login ID
// key, such as "email", "phone" or "username". The user is nil, without an
// error, when there is none. A key that the project does not have, and a value
// that cannot be of the key's kind, are an *Error with the reason
// [ReasonInvalidArgument]; only the Message tells them apart: "invalid Login ID
// key" for the one, "invalid Login ID value" for the other.
func (c *Client) UserByLoginID(ctx context.Context, key, value string, fields UserFields) (*User, error) {
	user, err := c.userByLoginID(ctx, key, value, fields)
	if err != nil {
		return nil, fmt.Errorf("find user by login ID %q: %w", key, err)
	}
	return user, nil
}

func (c *Client) userByLoginID(ctx context.Context, key, value string, fields UserFields) (*User, error) {
	op := c.documents.byLoginID(fields)
	var data struct {
		User *userNode `json:"getUserByLoginID"`
	}
	vars := map[string]any{"key": key, "value": value}
	if _, err := c.query(ctx, op, vars, &data); err != nil {
		return nil, err
	}
	if data.User == nil {
		return nil, nil
	}
	user, err := data.User.user(fields)
	if err != nil {
		return nil, misunderstood(op, err)
	}
	return user, nil
}
