package emulator

import (
	"math"

	"github.com/graphql-go/graphql"
)

func newQueryType(t *schemaTypes) *graphql.Object {
	text := nonNull(graphql.String)
	lookup := func(of graphql.Output, first, second string, find func(s *store, a, b string) (any, error)) *graphql.Field {
		return &graphql.Field{
			Type: of, Args: graphql.FieldConfigArgument{first: {Type: text}, second: {Type: text}},
			Resolve: func(p graphql.ResolveParams) (found any, err error) {
				sessionOf(p.Context).search(func(s *store) {
					found, err = find(s, p.Args[first].(string), p.Args[second].(string))
				})
				return found, err
			},
		}
	}
	return graphql.NewObject(graphql.ObjectConfig{Name: "Query", Fields: graphql.Fields{
		"node": &graphql.Field{
			Type: t.node, Args: graphql.FieldConfigArgument{"id": {Type: nonNull(graphql.ID)}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				return sessionOf(p.Context).node(p.Args["id"].(string)), nil
			},
		},
		"nodes": &graphql.Field{
			Type: nonNull(graphql.NewList(t.node)),
			Args: graphql.FieldConfigArgument{"ids": {Type: nonNull(listOf(graphql.ID))}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				ids := p.Args["ids"].([]any)
				nodes := make([]any, len(ids))
				for i, id := range ids {
					nodes[i] = sessionOf(p.Context).node(id.(string))
				}
				return nodes, nil
			},
		},
		"users":     usersField(t),
		"roles":     keyedField(t.roles, "role", func(k *keyed) any { return roleNode{k} }),
		"groups":    keyedField(t.groups, "group", func(k *keyed) any { return groupNode{k} }),
		"auditLogs": auditLogsField(t),
		"getUsersByStandardAttribute": lookup(nonNull(listOf(t.user)), "attributeName", "attributeValue",
			func(s *store, a, b string) (any, error) { return s.usersByAttribute(a, b) }),
		"getUserByLoginID": lookup(t.user, "loginIDKey", "loginIDValue",
			func(s *store, a, b string) (any, error) { return s.userByLoginID(a, b) }),
		"getUserByOAuth": lookup(t.user, "oauthProviderAlias", "oauthProviderUserID",
			func(s *store, a, b string) (any, error) { return s.userByOAuth(a, b) }),
	}})
}

// node loads anything by its node id; what is unknown, deleted or malformed is
// nil, never an error.
func (s *session) node(global string) any {
	kind, id, ok := parseNodeID(global)
	if !ok {
		return nil
	}
	if kind == "User" {
		if u := s.user(id); u != nil {
			return u
		}
		return nil
	}
	var found any
	s.read(func(st *store) {
		switch kind {
		case "Role":
			if row := st.roles.byID(id); row != nil {
				found = roleNode{row}
			}
		case "Group":
			if row := st.groups.byID(id); row != nil {
				found = groupNode{row}
			}
		case "AuditLog":
			for i := range st.audit {
				if st.audit[i].id() == id {
					found = new(st.audit[i])
				}
			}
		}
	})
	return found
}

func usersField(t *schemaTypes) *graphql.Field {
	sortBy := enum("UserSortBy", map[string]any{"CREATED_AT": "CREATED_AT", "LAST_LOGIN_AT": "LAST_LOGIN_AT"})
	return &graphql.Field{
		Type: t.users,
		Args: connectionArgs(map[string]graphql.Input{
			"searchKeyword": graphql.String, "roleKeys": listOf(graphql.String), "groupKeys": listOf(graphql.String),
			"sortBy": sortBy, "sortDirection": t.sortDirection,
		}),
		Resolve: func(p graphql.ResolveParams) (any, error) {
			order := userOrder{byLogin: p.Args["sortBy"] == "LAST_LOGIN_AT", ascending: p.Args["sortDirection"] == "ASC"}
			keyword, _ := p.Args["searchKeyword"].(string)
			roles, groups := stringsOf(p.Args["roleKeys"]), stringsOf(p.Args["groupKeys"])
			page := readPageArgs(p.Args)
			if keyword == "" && len(roles) == 0 && len(groups) == 0 {
				return sessionOf(p.Context).listUsers(order, page)
			}
			return sessionOf(p.Context).searchUsers(searchQuery{
				keyword: keyword, roleKeys: roles, groupKeys: groups, order: order, after: page.after,
			}, page)
		},
	}
}

// listUsers is a page of all users: one SELECT for the ids, and then the users.
func (s *session) listUsers(order userOrder, page pageArgs) (any, error) {
	offset, limit, err := page.window()
	if err != nil {
		return nil, err
	}
	var hits []hit
	s.search(func(st *store) {
		for i, id := range st.listing(order, offset, limit) {
			hits = append(hits, hit{id: id, cursor: offsetCursor(offset + i)})
		}
	})
	c := s.loadHits(hits, page)
	c.total = func() any {
		var n int
		s.read(func(st *store) { n = len(st.order) })
		return n
	}
	return c, nil
}

// searchUsers is a page of the search mode: it knows no total, no last, no before.
func (s *session) searchUsers(q searchQuery, page pageArgs) (any, error) {
	q.limit = math.MaxInt // last alone limits nothing here
	if page.first != nil {
		q.limit = *page.first
	}
	var hits []hit
	var err error
	s.read(func(st *store) { hits, err = st.search(q) })
	if err != nil {
		return nil, err
	}
	return s.loadHits(hits, page), nil
}

// loadHits loads the users of a page. A user deleted since the listing has no
// edge at all, though pageInfo still counts it
// *(source: connection.go, NewConnectionFromResult)*.
func (s *session) loadHits(hits []hit, page pageArgs) *connection {
	if s.afterList != nil && !s.inTransaction {
		s.afterList()
	}
	c := &connection{edges: []edge{}}
	c.previous, c.next = page.hasMore(len(hits))
	ids := make([]uuid, len(hits))
	for i, h := range hits {
		ids[i] = h.id
	}
	s.read(func(st *store) {
		for i, u := range st.users(ids) {
			if u != nil {
				c.edges = append(c.edges, edge{cursor: hits[i].cursor, node: u})
			}
		}
	})
	return c
}

func stringsOf(arg any) []string {
	list, _ := arg.([]any)
	out := make([]string, len(list))
	for i, item := range list {
		out[i], _ = item.(string)
	}
	return out
}
