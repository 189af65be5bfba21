package emulator

import (
	"slices"
	"strings"

	"github.com/graphql-go/graphql"
)

// newKeyedType is a role or a group; get unwraps the source.
func newKeyedType(name string, node, entity *graphql.Interface, get func(any) *keyed) *graphql.Object {
	field := func(t graphql.Output, value func(*keyed) any) *graphql.Field {
		return show(t, func(source any) any { return value(get(source)) })
	}
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return graphql.NewObject(graphql.ObjectConfig{
		Name: name, Interfaces: []*graphql.Interface{node, entity},
		Fields: graphql.Fields{
			"id":          field(nonNull(graphql.ID), func(k *keyed) any { return nodeID(name, k.id) }),
			"key":         field(nonNull(graphql.String), func(k *keyed) any { return k.key }),
			"name":        field(graphql.String, func(k *keyed) any { return orNull(k.name) }),
			"description": field(graphql.String, func(k *keyed) any { return orNull(k.description) }),
			"createdAt":   field(nonNull(graphql.DateTime), func(k *keyed) any { return k.createdAt }),
			"updatedAt":   field(nonNull(graphql.DateTime), func(k *keyed) any { return k.updatedAt }),
		},
	})
}

// linkMembership adds the fields by which users, roles and groups refer to
// each other, which is only possible once all three exist.
func linkMembership(t *schemaTypes) {
	array := func(of *graphql.Object, list func(*store, any) []any) *graphql.Field {
		return &graphql.Field{Type: of, Args: connectionArgs(nil), Resolve: func(p graphql.ResolveParams) (any, error) {
			var nodes []any
			sessionOf(p.Context).read(func(s *store) { nodes = list(s, p.Source) })
			return arrayConnection(nodes, p.Args), nil
		}}
	}
	t.user.AddFieldConfig("roles", array(t.roles, func(s *store, u any) []any { return s.roleNodes(u.(*User).Roles) }))
	t.user.AddFieldConfig("groups", array(t.groups, func(s *store, u any) []any { return s.groupNodes(u.(*User).Groups) }))
	t.user.AddFieldConfig("effectiveRoles", array(t.roles, func(s *store, u any) []any { return s.effectiveRoles(u.(*User)) }))
	t.group.AddFieldConfig("roles", array(t.roles, func(s *store, g any) []any {
		var nodes []any
		for _, id := range g.(groupNode).roles {
			nodes = append(nodes, roleNode{s.roles.byID(id)})
		}
		return nodes
	}))
	t.role.AddFieldConfig("groups", array(t.groups, func(s *store, r any) []any {
		var nodes []any
		for _, g := range s.groups.rows {
			if slices.Contains(g.roles, r.(roleNode).id) {
				nodes = append(nodes, groupNode{g})
			}
		}
		return nodes
	}))
	t.role.AddFieldConfig("users", holdersField(t.users, "role", func(source any) string { return source.(roleNode).key }))
	t.group.AddFieldConfig("users", holdersField(t.users, "group", func(source any) string { return source.(groupNode).key }))
}

// holdersField pages through the users who hold a role or belong to a group.
func holdersField(users *graphql.Object, kind string, key func(any) string) *graphql.Field {
	return &graphql.Field{Type: users, Args: connectionArgs(nil), Resolve: func(p graphql.ResolveParams) (any, error) {
		var holders []any
		sessionOf(p.Context).read(func(s *store) {
			for _, r := range s.order {
				if u := r.load(); slices.Contains(u.keys(kind), key(p.Source)) {
					holders = append(holders, u)
				}
			}
		})
		return pageOf(holders, p.Args)
	}}
}

// keyedField lists roles or groups by key, 100 at most.
func keyedField(of *graphql.Object, kind string, wrap func(*keyed) any) *graphql.Field {
	args := connectionArgs(map[string]graphql.Input{"searchKeyword": graphql.String, "excludedIDs": listOf(graphql.ID)})
	return &graphql.Field{Type: of, Args: args, Resolve: func(p graphql.ResolveParams) (any, error) {
		keyword, _ := p.Args["searchKeyword"].(string)
		excluded, err := idsOf(p.Args["excludedIDs"], title(kind), "invalid "+kind+" ID")
		if err != nil {
			return nil, err
		}
		contains := func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(keyword)) }
		var nodes []any
		sessionOf(p.Context).read(func(s *store) {
			for _, row := range s.table(kind).rows {
				if !slices.Contains(excluded, row.id) && (contains(row.key) || contains(row.name)) {
					nodes = append(nodes, wrap(row))
				}
			}
		})
		return pageOf(nodes, p.Args)
	}}
}

// pageOf pages through a list by offset cursors, as the server does in SQL.
func pageOf(nodes []any, args map[string]any) (any, error) {
	page := readPageArgs(args)
	offset, limit, err := page.window()
	if err != nil {
		return nil, err
	}
	from := min(offset, len(nodes))
	part := nodes[from:min(len(nodes), from+limit)]
	c := &connection{edges: make([]edge, len(part)), total: func() any { return len(nodes) }}
	for i, node := range part {
		c.edges[i] = edge{cursor: offsetCursor(offset + i), node: node}
	}
	c.previous, c.next = page.hasMore(len(part))
	return c, nil
}

// idsOf reads a list of node ids of one kind.
func idsOf(arg any, kind, message string) ([]string, error) {
	list, _ := arg.([]any)
	ids := make([]string, len(list))
	for i, item := range list {
		text, _ := item.(string)
		k, id, ok := parseNodeID(text)
		if !ok || k != kind {
			return nil, invalid(message)
		}
		ids[i] = id
	}
	return ids, nil
}

func (s *store) roleNodes(keys []string) []any {
	nodes := make([]any, 0, len(keys))
	for _, key := range keys {
		if row := s.roles.byKey(key); row != nil {
			nodes = append(nodes, roleNode{row})
		}
	}
	return nodes
}

func (s *store) groupNodes(keys []string) []any {
	nodes := make([]any, 0, len(keys))
	for _, key := range keys {
		if row := s.groups.byKey(key); row != nil {
			nodes = append(nodes, groupNode{row})
		}
	}
	return nodes
}

// effectiveRoles are a user's own roles and those of the groups.
func (s *store) effectiveRoles(u *User) []any {
	nodes := s.roleNodes(u.Roles)
	for _, g := range s.groupNodes(u.Groups) {
		for _, id := range g.(groupNode).roles {
			if node := (roleNode{s.roles.byID(id)}); !slices.Contains(nodes, any(node)) {
				nodes = append(nodes, node)
			}
		}
	}
	return nodes
}

// hasByGroup says whether one of a user's groups has a role.
func (s *store) hasByGroup(u *User, roleKey string) bool {
	return slices.ContainsFunc(s.groupNodes(u.Groups), func(g any) bool {
		return slices.ContainsFunc(g.(groupNode).roles, func(id string) bool { return s.roles.byID(id).key == roleKey })
	})
}
