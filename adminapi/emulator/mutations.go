package emulator

import (
	"time"

	"github.com/graphql-go/graphql"
)

// mutation describes one field of the type Mutation: NAME(input: NAMEInput!).
type mutation struct {
	name    string
	payload string // name of the payload type, when it does not follow the field's
	input   map[string]graphql.Input
	output  map[string]graphql.Output
	run     func(s *store, in input) (map[string]any, error)
}

func newMutationType(t *schemaTypes) *graphql.Object {
	fields := graphql.Fields{}
	for _, list := range [][]mutation{userMutations(t), statusMutations(t), membershipMutations(t), keyedMutations(t)} {
		for _, m := range list {
			fields[m.name] = m.field()
		}
	}
	return graphql.NewObject(graphql.ObjectConfig{Name: "Mutation", Fields: fields})
}

func (m mutation) field() *graphql.Field {
	base := title(m.name)
	inputs := graphql.InputObjectConfigFieldMap{}
	for name, t := range m.input {
		inputs[name] = &graphql.InputObjectFieldConfig{Type: t}
	}
	outputs := graphql.Fields{}
	for name, t := range m.output {
		outputs[name] = show(t, func(p map[string]any) any { return p[name] })
	}
	payload := m.payload
	if payload == "" {
		payload = base + "Payload"
	}
	inputType := graphql.NewInputObject(graphql.InputObjectConfig{Name: base + "Input", Fields: inputs})
	return &graphql.Field{
		Type: nonNull(graphql.NewObject(graphql.ObjectConfig{Name: payload, Fields: outputs})),
		Args: graphql.FieldConfigArgument{"input": {Type: nonNull(inputType)}},
		Resolve: func(p graphql.ResolveParams) (any, error) {
			out, err := m.run(sessionOf(p.Context).store, input(p.Args["input"].(map[string]any)))
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}

// input reads the fields of a mutation's input, whose types are checked already.
type input map[string]any

func (in input) text(name string) string {
	s, _ := in[name].(string)
	return s
}

func (in input) optional(name string) *string {
	s, ok := in[name].(string)
	if !ok {
		return nil
	}
	return &s
}

func (in input) time(name string) *time.Time { return timeArg(in[name]) }

func (in input) object(name string) map[string]any {
	m, _ := in[name].(map[string]any)
	return m
}

// id reads a node id of a kind.
func (in input) id(name, kind, message string) (string, error) {
	k, id, ok := parseNodeID(in.text(name))
	if !ok || k != kind {
		return "", invalid(message)
	}
	return id, nil
}

func (in input) userID() (string, error) { return in.id("userID", "User", "invalid user ID") }

// onUser is a mutation's work on the user named in its input. The event of the
// mutation carries the user, and so does its payload.
func onUser(event string, f func(s *store, id string, in input) (*User, error)) func(*store, input) (map[string]any, error) {
	return func(s *store, in input) (map[string]any, error) {
		id, err := in.userID()
		if err != nil {
			return nil, err
		}
		u, err := f(s, id, in)
		if err != nil {
			return nil, err
		}
		s.logUser(adminEvent(event), u, nil)
		return map[string]any{"user": u}, nil
	}
}

func userMutations(t *schemaTypes) []mutation {
	text, id := graphql.String, nonNull(graphql.ID)
	standard, custom := t.user.Fields()["standardAttributes"].Type.(*graphql.NonNull).OfType, t.user.Fields()["customAttributes"].Type.(*graphql.NonNull).OfType
	loginID := graphql.NewInputObject(graphql.InputObjectConfig{
		Name:   "IdentityDefinitionLoginID",
		Fields: graphql.InputObjectConfigFieldMap{"key": {Type: nonNull(text)}, "value": {Type: nonNull(text)}},
	})
	definition := graphql.NewInputObject(graphql.InputObjectConfig{
		Name: "IdentityDefinition", Fields: graphql.InputObjectConfigFieldMap{"loginID": {Type: loginID}},
	})
	user := map[string]graphql.Output{"user": nonNull(t.user)}
	return []mutation{
		{
			name: "createUser", output: user,
			input: map[string]graphql.Input{
				"definition": nonNull(definition), "password": text,
				"sendPassword": graphql.Boolean, "setPasswordExpired": graphql.Boolean,
				"accountValidFrom": graphql.DateTime, "accountValidUntil": graphql.DateTime,
			},
			run: createUser,
		},
		{
			name: "updateUser", output: user,
			input: map[string]graphql.Input{"userID": id, "standardAttributes": standard, "customAttributes": custom},
			run: onUser("update_user", func(s *store, id string, in input) (*User, error) {
				return s.replaceProfile(id, in.object("standardAttributes"), in.object("customAttributes"))
			}),
		},
		{
			name: "deleteUser", output: map[string]graphql.Output{"deletedUserID": id},
			input: map[string]graphql.Input{"userID": id, "reason": text},
			run: ended("deletedUserID", onUser("delete_user", func(s *store, id string, _ input) (*User, error) {
				return s.delete(id)
			})),
		},
		{
			name: "anonymizeUser", output: map[string]graphql.Output{"anonymizedUserID": id},
			input: map[string]graphql.Input{"userID": id},
			run: ended("anonymizedUserID", onUser("anonymize_user", func(s *store, id string, _ input) (*User, error) {
				return s.anonymize(id)
			})),
		},
	}
}

// ended answers with the user's node id instead of the user.
func ended(name string, run func(*store, input) (map[string]any, error)) func(*store, input) (map[string]any, error) {
	return func(s *store, in input) (map[string]any, error) {
		if _, err := run(s, in); err != nil {
			return nil, err
		}
		return map[string]any{name: in.text("userID")}, nil
	}
}

func createUser(s *store, in input) (map[string]any, error) {
	definition := input(in.object("definition")).object("loginID")
	if definition == nil {
		return nil, invalid("must provide exactly one of the identity definitions")
	}
	key, value := input(definition).text("key"), input(definition).text("value")
	if !s.loginIDEnabled(key) {
		return nil, invariantViolated("InvalidLoginIDKey", "invalid login ID key", nil)
	}
	if _, err := normalizeLoginID(key, value); err != nil {
		return nil, &apiError{Name: "Invalid", Reason: "ValidationFailed", Message: "invalid login ID"}
	}
	id, err := s.create(&User{
		Identities:       []Identity{loginIDIdentity(key, value)},
		AccountValidFrom: in.time("accountValidFrom"), AccountValidUntil: in.time("accountValidUntil"),
	})
	if err != nil {
		return nil, err
	}
	r, err := s.find(id)
	if err != nil {
		return nil, err
	}
	s.logUser(adminEvent("create_user"), r.load(), nil)
	return map[string]any{"user": r.load()}, nil
}
