package emulator_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi/emulator"
)

// mutate runs mutations that take $id, the user's node id.
func (b *bundle) mutate(mutations, id string) result {
	b.t.Helper()
	return b.ask(`mutation($id:ID!){`+mutations+`}`, map[string]any{"id": nodeID(id)})
}

// TestUpdatedAtMoves checks what moves updatedAt, and what does not.
func TestUpdatedAtMoves(t *testing.T) {
	t.Parallel()
	for mutation, moves := range map[string]bool{
		`updateUser(input:{userID:$id,standardAttributes:"{\"name\":\"Z\"}"}){user{id}}`: true,
		`updateUser(input:{userID:$id,customAttributes:"{\"tier\":\"pro\"}"}){user{id}}`: true,
		`updateUser(input:{userID:$id,customAttributes:"{}"}){user{id}}`:                 true, // although nothing differs
		`setDisabledStatus(input:{userID:$id,isDisabled:true}){user{id}}`:                true,
		`scheduleAccountDeletion(input:{userID:$id}){user{id}}`:                          true,
		`setAccountValidPeriod(input:{userID:$id}){user{id}}`:                            true,
		`anonymizeUser(input:{userID:$id}){anonymizedUserID}`:                            true,
		`addUserToRoles(input:{userID:$id,roleKeys:["viewer"]}){user{id}}`:               false,
		`removeUserFromRoles(input:{userID:$id,roleKeys:["editor"]}){user{id}}`:          false,
		`addUserToGroups(input:{userID:$id,groupKeys:["sales"]}){user{id}}`:              false,
		`addRoleToUsers(input:{roleKey:"viewer",userIDs:[$id]}){role{id}}`:               false,
		`removeGroupFromUsers(input:{groupKey:"sales",userIDs:[$id]}){group{id}}`:        false,
	} {
		t.Run(mutation, func(t *testing.T) {
			t.Parallel()
			b, id := setupEditor(t)
			before, _ := b.Project().Get(id)
			b.clock.Add(time.Hour)
			if r := b.mutate(mutation, id); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			after, _ := b.Project().Get(id)
			if got := !after.UpdatedAt.Equal(before.UpdatedAt); got != moves {
				t.Errorf("moves %v, want %v", got, moves)
			}
			if moves && !after.UpdatedAt.Equal(b.clock.Now()) {
				t.Errorf("moved to %v", after.UpdatedAt)
			}
		})
	}
	for name, change := range map[string]func(*bundle, string) error{
		"login": func(b *bundle, id string) error { return b.Project().Login(id) },
		"verified claim": func(b *bundle, id string) error {
			return b.Project().Update(id, func(u *emulator.User) {
				u.VerifiedClaims = []emulator.Claim{{Name: "email", Value: "ann@example.com"}}
			})
		},
		"passkey": func(b *bundle, id string) error {
			return b.Project().Update(id, func(u *emulator.User) {
				u.Identities = append(u.Identities, emulator.PasskeyIdentity("c", "n"))
			})
		},
		"role renamed": func(b *bundle, _ string) error { return b.Project().RenameRole("editor", "writer") },
		"role deleted": func(b *bundle, _ string) error { return b.Project().DeleteRole("editor") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, id := setupEditor(t)
			before, _ := b.Project().Get(id)
			b.clock.Add(time.Hour)
			must(t, change(b, id))
			after, _ := b.Project().Get(id)
			if !after.UpdatedAt.Equal(before.UpdatedAt) {
				t.Error("moved")
			}
			if cmp.Equal(before, after) {
				t.Error("nothing changed")
			}
		})
	}
}

// setupEditor has one user, an editor in sales.
func setupEditor(t *testing.T) (*bundle, string) {
	t.Helper()
	b := setup(t)
	for _, key := range []string{"editor", "viewer"} {
		must(t, b.Project().AddRole(key, ""))
	}
	must(t, b.Project().AddGroup("sales", ""))
	id := b.create("ann@example.com")
	must(t, b.Project().AssignRoles(id, "editor"))
	return b, id
}

// TestUpdateReplaces sees that updateUser sets attributes as a whole, that the
// login IDs' own come back, and that foreign ones are refused.
func TestUpdateReplaces(t *testing.T) {
	t.Parallel()
	b, id := setupEditor(t)
	set := func(standard, custom any) result {
		return b.ask(`mutation($id:ID!,$s:UserStandardAttributes,$c:UserCustomAttributes){updateUser(input:{userID:$id,standardAttributes:$s,customAttributes:$c}){user{standardAttributes customAttributes}}}`,
			map[string]any{"id": nodeID(id), "s": standard, "c": custom})
	}
	set(map[string]any{"name": "Ann", "nickname": "A"}, map[string]any{"a": 1, "b": nil})
	user := dig(t, set(map[string]any{"name": "Anna"}, nil).Data, "updateUser.user").(map[string]any)
	want := map[string]any{
		"standardAttributes": map[string]any{
			"name": "Anna", "email": "ann@example.com", "email_verified": false,
			"updated_at": json.Number("1795420801"),
		},
		"customAttributes": map[string]any{"a": json.Number("1"), "b": nil},
	}
	if diff := cmp.Diff(want, user); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := set(map[string]any{"email": "other@example.com"}, nil); len(r.Errors) != 1 || r.Errors[0].Message != "unexpected error" {
		t.Errorf("an email of nobody: %+v", r)
	}
}

func TestRefusedMutations(t *testing.T) {
	t.Parallel()
	const unknown = "00000000-0000-4000-8000-000000000000"
	for _, tt := range []struct{ name, mutation, id, reason string }{
		{"unknown user", `deleteUser(input:{userID:$id}){deletedUserID}`, unknown, "UserNotFound"},
		{"not a user", `setDisabledStatus(input:{userID:"Um9sZTox",isDisabled:true}){user{id}} deleteUser(input:{userID:$id}){deletedUserID}`, "", "Invalid"},
		{"enabled already", `setDisabledStatus(input:{userID:$id,isDisabled:false}){user{id}}`, "", "InvalidAccountStatusTransition"},
		{"period backwards", `setDisabledStatus(input:{userID:$id,isDisabled:true,temporarilyDisabledFrom:"2027-01-02T00:00:00Z",temporarilyDisabledUntil:"2027-01-01T00:00:00Z"}){user{id}}`, "", "InvalidAccountStatusTransition"},
		{"not scheduled", `unscheduleAccountDeletion(input:{userID:$id}){user{id}}`, "", "InvalidAccountStatusTransition"},
		{"unknown role", `addUserToRoles(input:{userID:$id,roleKeys:["editor","nosuch"]}){user{id}}`, "", "RoleUnknownKeys"},
		{"unknown group", `removeUserFromGroups(input:{userID:$id,groupKeys:["nosuch"]}){user{id}}`, "", "GroupUnknownKeys"},
		{"role unknown in bulk", `addRoleToUsers(input:{roleKey:"nosuch",userIDs:[$id]}){role{id}}`, "", "RoleNotFound"},
		{"user unknown in bulk", `addGroupToUsers(input:{groupKey:"sales",userIDs:[$id]}){group{id}}`, unknown, "UserUnknownKeys"},
		{"role key taken", `createRole(input:{key:"editor"}){role{id}} deleteUser(input:{userID:$id}){deletedUserID}`, "", "RoleDuplicateKey"},
		{"role key malformed", `createRole(input:{key:"no spaces"}){role{id}} deleteUser(input:{userID:$id}){deletedUserID}`, "", "ValidationFailed"},
		{"login ID key", `createUser(input:{definition:{loginID:{key:"nosuch",value:"x"}}}){user{id}} deleteUser(input:{userID:$id}){deletedUserID}`, "", "InvariantViolated"},
		{"login ID taken", `createUser(input:{definition:{loginID:{key:"email",value:"ANN@example.com"}}}){user{id}} deleteUser(input:{userID:$id}){deletedUserID}`, "", "InvariantViolated"},
		{"login ID malformed", `createUser(input:{definition:{loginID:{key:"email",value:"x"}}}){user{id}} deleteUser(input:{userID:$id}){deletedUserID}`, "", "ValidationFailed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, id := setupEditor(t)
			target := tt.id
			if target == "" {
				target = id
			}
			before, _ := b.Project().Get(id)
			rows := b.auditTotal()
			if r := b.mutate(tt.mutation, target); r.reason() != tt.reason || r.Data != nil {
				t.Errorf("got %+v, want %s and no data", r, tt.reason)
			}
			if after, ok := b.Project().Get(id); !ok || !cmp.Equal(before, after) {
				t.Error("something remained of it")
			}
			if b.auditTotal() != rows {
				t.Error("it left an audit log")
			}
		})
	}
}

// TestOneTransaction sees that of several mutations all or none happen.
func TestOneTransaction(t *testing.T) {
	t.Parallel()
	b, id := setupEditor(t)
	emulator.Generate(b.Project(), 20, 1, b.clock.Now())
	state := func() []emulator.User { return slices.Collect(b.Project().All()) }
	before, rows, found := state(), b.auditTotal(), b.page(`roleKeys:["editor"]`).ids
	victim := before[7].ID
	r := b.ask(`mutation($id:ID!,$v:ID!){
		made:createUser(input:{definition:{loginID:{key:"email",value:"new@example.com"}}}){user{id standardAttributes}}
		role:createRole(input:{key:"temp"}){role{id}}
		given:addUserToRoles(input:{userID:$id,roleKeys:["temp","viewer"]}){user{roles{edges{node{key}}}}}
		gone:deleteUser(input:{userID:$v}){deletedUserID}
		again:deleteUser(input:{userID:$v}){deletedUserID}
	}`, map[string]any{"id": nodeID(id), "v": nodeID(victim)})
	if r.reason() != "UserNotFound" {
		t.Fatalf("got %+v", r)
	}
	if diff := cmp.Diff(before, state()); diff != "" {
		t.Errorf("not rolled back (-before +after):\n%s", diff)
	}
	if b.auditTotal() != rows || !slices.Equal(found, b.page(`roleKeys:["editor"]`).ids) {
		t.Error("the audit log or the roles were not rolled back")
	}
	if n := len(dig(t, b.must(`{getUsersByStandardAttribute(attributeName:"email",attributeValue:"new@example.com"){id}}`, nil), "getUsersByStandardAttribute").([]any)); n != 0 {
		t.Error("the look-up still finds the user who was never made")
	}
	good := b.must(`mutation($v:ID!){
		made:createUser(input:{definition:{loginID:{key:"email",value:"new@example.com"}}}){user{standardAttributes}}
		gone:deleteUser(input:{userID:$v}){deletedUserID}
	}`, map[string]any{"v": nodeID(victim)})
	if dig(t, good, "made.user.standardAttributes.email") != "new@example.com" || b.Project().Len() != len(before) {
		t.Errorf("got %v", good)
	}
}

func TestMutationLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	many := func(n int, wrap func(string) string) int {
		var fields string
		for i := range n {
			key := string(rune('a' + i))
			fields += key + `:createRole(input:{key:"` + key + `"}){role{id}} `
		}
		body, err := json.Marshal(map[string]any{"query": wrap(fields)})
		must(t, err)
		a, err := b.send(b.bearer(nil), "application/json", body)
		must(t, err)
		return a.status
	}
	plain := func(f string) string { return `mutation{` + f + `}` }
	spread := func(f string) string {
		return `mutation{...f ... on Mutation{z:createRole(input:{key:"z"}){role{id}}}} fragment f on Mutation{` + f + `}`
	}
	if got := many(6, plain); got != 400 {
		t.Errorf("6: %d", got)
	}
	if got := many(5, spread); got != 400 {
		t.Errorf("5 in a fragment and 1: %d", got)
	}
	if got := many(5, plain); got != 200 {
		t.Errorf("5: %d", got)
	}
}
