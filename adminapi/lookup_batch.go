package adminapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	// MaxAliases is the most values that UsersByAttributes takes at once.
	MaxAliases = 100

	// maxLookupBytes is how many bytes of values go into one request, which the
	// server limits to 1 MiB; JSON may make six bytes of one.
	maxLookupBytes = 128 << 10
)

// AttributeMatch is who has one of the values that UsersByAttributes was given.
type AttributeMatch struct {
	Users   []*User // nobody, one, or who share it
	Invalid bool    // the server takes the value for none of the attribute; there are no Users then
}

// UsersByAttributes is UsersByAttribute for at most MaxAliases values, in one
// request as a rule. The result has a place for every value, in the same order.
//
// The server answers nothing at all to a request with a value that it does not
// take, and names one such: each costs a request more. What else is wrong is an
// error for all values.
func (c *Client) UsersByAttributes(ctx context.Context, attribute string, values []string, fields UserFields) ([]AttributeMatch, error) {
	matches, err := c.usersByAttributes(ctx, attribute, values, fields)
	if err != nil {
		return nil, fmt.Errorf("find users by %d values of %s: %w", len(values), attribute, err)
	}
	return matches, nil
}

func (c *Client) usersByAttributes(ctx context.Context, attribute string, values []string, fields UserFields) ([]AttributeMatch, error) {
	if len(values) > MaxAliases {
		return nil, fmt.Errorf("at most %d are possible at once", MaxAliases)
	}
	switch attribute {
	case "email", "phone_number", "preferred_username":
	default:
		// The server would answer as if every value were wrong.
		return nil, errors.New("users are only found by email, phone_number or preferred_username")
	}
	matches := make([]AttributeMatch, len(values))
	open := make([]int, len(values)) // the places that have no answer yet
	for i := range values {
		open[i] = i
	}
	for len(open) > 0 {
		asked := open[:fitting(values, open)]
		users, err := c.lookUp(ctx, attribute, values, asked, fields)
		if wrong, ok := invalidAlias(err, len(asked)); ok {
			matches[asked[wrong]].Invalid = true
			open = slices.Delete(open, wrong, wrong+1)
			continue
		}
		if err != nil {
			return nil, err
		}
		for i, place := range asked {
			matches[place].Users = users[i]
		}
		open = open[len(asked):]
	}
	return matches, nil
}

// fitting is how many of the open places fit into one request: at least one.
func fitting(values []string, open []int) int {
	bytes := len(values[open[0]])
	for i, place := range open[1:] {
		if bytes += len(values[place]); bytes > maxLookupBytes {
			return i + 1
		}
	}
	return len(open)
}

// lookUp asks for the values in the given places, and returns the users of each.
func (c *Client) lookUp(ctx context.Context, attribute string, values []string, places []int, fields UserFields) ([][]*User, error) {
	op := byAttributesOperation(len(places), fields)
	vars := map[string]any{"attribute": attribute}
	for i, place := range places {
		vars["v"+strconv.Itoa(i)] = values[place]
	}
	var data map[string][]*userNode
	if _, err := c.query(ctx, op, vars, &data); err != nil {
		return nil, err
	}
	found := make([][]*User, len(places))
	for i := range places {
		nodes := data["a"+strconv.Itoa(i)]
		if nodes == nil {
			return nil, misunderstood(op, fmt.Errorf("it holds no list of users for value %d", i+1))
		}
		found[i] = make([]*User, len(nodes))
		for j, node := range nodes {
			user, err := node.user(fields)
			if err != nil {
				return nil, misunderstood(op, err)
			}
			found[i][j] = user
		}
	}
	return found, nil
}

// invalidAlias is which of so many aliases an error is about, if it says that
// this one's value is none of the attribute.
func invalidAlias(err error, aliases int) (int, bool) {
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.Reason != ReasonInvalidArgument || len(failure.path) == 0 {
		return 0, false
	}
	name, _ := failure.path[0].(string)
	number, found := strings.CutPrefix(name, "a")
	i, err := strconv.Atoi(number)
	return i, found && err == nil && i >= 0 && i < aliases
}
