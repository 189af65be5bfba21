package emulator

import "github.com/graphql-go/graphql"

// membershipMutations assign roles and groups, from the user's side and from
// the role's or group's.
func membershipMutations(t *schemaTypes) []mutation {
	var list []mutation
	for _, kind := range []string{"role", "group"} {
		list = append(list,
			userMembership(t, kind, "addUserTo"+title(kind)+"s", (*store).assign),
			userMembership(t, kind, "removeUserFrom"+title(kind)+"s", (*store).unassign),
			bulkMembership(t, kind, "add"+title(kind)+"ToUsers", true),
			bulkMembership(t, kind, "remove"+title(kind)+"FromUsers", false),
		)
	}
	return list
}

func userMembership(t *schemaTypes, kind, name string, change func(*store, string, string, []string) error) mutation {
	keys := kind + "Keys"
	return mutation{
		name:   name,
		input:  map[string]graphql.Input{"userID": nonNull(graphql.ID), keys: listOf(graphql.String)},
		output: map[string]graphql.Output{"user": nonNull(t.user)},
		run: func(s *store, in input) (map[string]any, error) {
			id, err := in.userID()
			if err != nil {
				return nil, err
			}
			if err := change(s, kind, id, stringsOf(in[keys])); err != nil {
				return nil, err
			}
			r, err := s.find(id)
			if err != nil {
				return nil, err
			}
			return map[string]any{"user": r.load()}, nil
		},
	}
}

func bulkMembership(t *schemaTypes, kind, name string, give bool) mutation {
	object, wrap := t.keyed(kind)
	m := mutation{
		name:   name,
		input:  map[string]graphql.Input{kind + "Key": nonNull(graphql.String), "userIDs": listOf(graphql.ID)},
		output: map[string]graphql.Output{kind: nonNull(object)},
		run: func(s *store, in input) (map[string]any, error) {
			ids, err := idsOf(in["userIDs"], "User", "invalid user ID")
			if err != nil {
				return nil, err
			}
			if err := s.assignMany(kind, in.text(kind+"Key"), ids, give); err != nil {
				return nil, err
			}
			return map[string]any{kind: wrap(s.table(kind).byKey(in.text(kind + "Key")))}, nil
		},
	}
	if name == "removeGroupFromUsers" {
		m.payload = "RemoveGroupToUsersPayload" // so it is called in the real schema
	}
	return m
}

// keyed returns the object type of a kind and how a row of it becomes a source.
func (t *schemaTypes) keyed(kind string) (*graphql.Object, func(*keyed) any) {
	if kind == "group" {
		return t.group, func(k *keyed) any { return groupNode{k} }
	}
	return t.role, func(k *keyed) any { return roleNode{k} }
}

// keyedMutations make, change and remove roles and groups.
func keyedMutations(t *schemaTypes) []mutation {
	var list []mutation
	text, id := graphql.String, nonNull(graphql.ID)
	for _, kind := range []string{"role", "group"} {
		object, wrap := t.keyed(kind)
		output := map[string]graphql.Output{kind: nonNull(object)}
		list = append(list,
			mutation{
				name: "create" + title(kind), output: output,
				input: map[string]graphql.Input{"key": nonNull(text), "name": text, "description": text},
				run: func(s *store, in input) (map[string]any, error) {
					row, err := s.addKeyed(kind, in.text("key"), in.text("name"), in.text("description"))
					if err != nil {
						return nil, err
					}
					return map[string]any{kind: wrap(row)}, nil
				},
			},
			mutation{
				name: "update" + title(kind), output: output,
				input: map[string]graphql.Input{"id": id, "key": text, "name": text, "description": text},
				run: func(s *store, in input) (map[string]any, error) {
					id, err := in.id("id", title(kind), "invalid "+kind+" ID")
					if err != nil {
						return nil, err
					}
					row, err := s.updateKeyed(kind, id, in.editKeyed)
					if err != nil {
						return nil, err
					}
					return map[string]any{kind: wrap(row)}, nil
				},
			},
			mutation{
				name: "delete" + title(kind), output: map[string]graphql.Output{"ok": graphql.Boolean},
				input: map[string]graphql.Input{"id": id},
				run: func(s *store, in input) (map[string]any, error) {
					id, err := in.id("id", title(kind), "invalid "+kind+" ID")
					if err != nil {
						return nil, err
					}
					return map[string]any{"ok": true}, s.deleteKeyed(kind, id)
				},
			},
		)
	}
	return list
}

// editKeyed sets what is given; null leaves alone, "" removes.
func (in input) editKeyed(k *keyed) {
	for name, field := range map[string]*string{"key": &k.key, "name": &k.name, "description": &k.description} {
		if value := in.optional(name); value != nil {
			*field = *value
		}
	}
}
