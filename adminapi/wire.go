package adminapi

import (
	"errors"
	"fmt"
	"time"
)

// connection is a GraphQL connection as it is sent. Edges and PageInfo are nil
// when the server sent null or nothing, an edge and its node where it sent null.
type connection[N any] struct {
	TotalCount *int `json:"totalCount"`
	PageInfo   *struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
	Edges []*struct {
		Cursor string `json:"cursor"`
		Node   *N     `json:"node"`
	} `json:"edges"`
}

type entryConnection = connection[entryNode]

// all is the nodes of a connection that must be whole, of which nothing may be
// missing without notice. The server hands out all of a user's roles, groups
// and identities when no number is asked for; a list that is shorter than its
// own count, or that is as long as a page and has no count, is an error.
func (c *connection[N]) all() ([]*N, error) {
	if c == nil || c.Edges == nil {
		return nil, errors.New("is null")
	}
	if c.TotalCount != nil && *c.TotalCount > len(c.Edges) {
		return nil, fmt.Errorf("holds %d of %d", len(c.Edges), *c.TotalCount)
	}
	if c.TotalCount == nil && len(c.Edges) >= MaxPageSize {
		return nil, fmt.Errorf("holds %d and may go on", len(c.Edges))
	}
	nodes := make([]*N, len(c.Edges))
	for i, edge := range c.Edges {
		if edge == nil || edge.Node == nil {
			return nil, errors.New("has a null in it")
		}
		nodes[i] = edge.Node
	}
	return nodes, nil
}

type userNode struct {
	ID                       string                    `json:"id"`
	CreatedAt                time.Time                 `json:"createdAt"`
	UpdatedAt                time.Time                 `json:"updatedAt"`
	LastLoginAt              *time.Time                `json:"lastLoginAt"`
	IsAnonymous              bool                      `json:"isAnonymous"`
	IsDisabled               bool                      `json:"isDisabled"`
	IsDeactivated            bool                      `json:"isDeactivated"`
	IsAnonymized             bool                      `json:"isAnonymized"`
	DisableReason            *string                   `json:"disableReason"`
	DeleteReason             *string                   `json:"deleteReason"`
	DeleteAt                 *time.Time                `json:"deleteAt"`
	AnonymizeAt              *time.Time                `json:"anonymizeAt"`
	TemporarilyDisabledFrom  *time.Time                `json:"temporarilyDisabledFrom"`
	TemporarilyDisabledUntil *time.Time                `json:"temporarilyDisabledUntil"`
	AccountValidFrom         *time.Time                `json:"accountValidFrom"`
	AccountValidUntil        *time.Time                `json:"accountValidUntil"`
	MFAGracePeriodEndAt      *time.Time                `json:"mfaGracePeriodEndAt"`
	FormattedName            *string                   `json:"formattedName"`
	EndUserAccountID         *string                   `json:"endUserAccountID"`
	StandardAttributes       map[string]any            `json:"standardAttributes"`
	CustomAttributes         map[string]any            `json:"customAttributes"`
	VerifiedClaims           []Claim                   `json:"verifiedClaims"`
	Identities               *connection[identityNode] `json:"identities"`
	Roles                    *connection[keyNode]      `json:"roles"`
	Groups                   *connection[keyNode]      `json:"groups"`
}

type identityNode struct {
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	CreatedAt time.Time      `json:"createdAt"`
	UpdatedAt time.Time      `json:"updatedAt"`
	Claims    map[string]any `json:"claims"`
}

type keyNode struct {
	Key string `json:"key"`
}

type entryNode struct {
	ID          string    `json:"id"`
	Key         string    `json:"key"`
	Name        *string   `json:"name"`
	Description *string   `json:"description"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func (n *entryNode) entry(kind string) (entry, error) {
	id, err := nodeUUID(n.ID, kind)
	if err != nil {
		return entry{}, err
	}
	return entry{
		ID: id, Key: n.Key, Name: n.Name, Description: n.Description,
		CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
	}, nil
}
