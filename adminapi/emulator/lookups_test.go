package emulator_test

import (
	"testing"

	"usersync/adminapi/emulator"
)

func TestLookups(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, err := b.Project().Create(emulator.User{Identities: []emulator.Identity{
		emulator.EmailIdentity("Ann.Müller@Example.COM"), emulator.PhoneIdentity("+852 9800-0011"),
		emulator.UsernameIdentity("Ann"),
		emulator.OAuthIdentity("google", "g-1", map[string]any{"email": "ann@gmail.example.com"}),
	}})
	must(t, err)
	emulator.Generate(b.Project(), 50, 1, b.clock.Now())
	byAttribute := func(name, value string) result {
		return b.ask(`query($n:String!,$v:String!){found:getUsersByStandardAttribute(attributeName:$n,attributeValue:$v){id}}`,
			map[string]any{"n": name, "v": value})
	}
	byLoginID := func(key, value string) result {
		return b.ask(`query($n:String!,$v:String!){found:getUserByLoginID(loginIDKey:$n,loginIDValue:$v){id}}`,
			map[string]any{"n": key, "v": value})
	}
	byOAuth := func(alias, subject string) result {
		return b.ask(`query($n:String!,$v:String!){found:getUserByOAuth(oauthProviderAlias:$n,oauthProviderUserID:$v){id}}`,
			map[string]any{"n": alias, "v": subject})
	}
	for _, tt := range []struct {
		name   string
		got    result
		found  bool
		reason string
	}{
		{"email", byAttribute("email", "ann.müller@example.com"), true, ""},
		{"email in capitals", byAttribute("email", "ANN.MÜLLER@EXAMPLE.COM"), true, ""},
		{"email of an OAuth account", byAttribute("email", "ann@gmail.example.com"), true, ""},
		{"phone with spaces", byAttribute("phone_number", "+852 98000011"), true, ""},
		{"username", byAttribute("preferred_username", "ANN"), true, ""},
		{"nobody", byAttribute("email", "nobody@example.com"), false, ""},
		{"no email", byAttribute("email", "ann"), false, "GetUsersInvalidArgument"},
		{"no phone number", byAttribute("phone_number", "12"), false, "GetUsersInvalidArgument"},
		{"another attribute", byAttribute("name", "Ann"), false, "GetUsersInvalidArgument"},
		{"login ID", byLoginID("email", "ann.müller@example.com"), true, ""},
		{"login ID of an OAuth account", byLoginID("email", "ann@gmail.example.com"), false, ""},
		{"unknown login ID", byLoginID("phone", "+85298000012"), false, ""},
		{"unknown key", byLoginID("nosuch", "x"), false, "GetUsersInvalidArgument"},
		{"invalid login ID", byLoginID("email", "x"), false, "GetUsersInvalidArgument"},
		{"OAuth", byOAuth("google", "g-1"), true, ""},
		{"unknown OAuth account", byOAuth("google", "g-2"), false, ""},
		{"unknown provider", byOAuth("nosuch", "g-1"), false, "GetUsersInvalidArgument"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.got.reason() != tt.reason {
				t.Errorf("reason %q, want %q", tt.got.reason(), tt.reason)
			}
			user := tt.got.Data["found"]
			if users, ok := user.([]any); ok {
				user = nil
				if len(users) == 1 {
					user = users[0]
				}
			}
			if found := user != nil; found != tt.found || found && user.(map[string]any)["id"] != nodeID(id) {
				t.Errorf("found %v", user)
			}
		})
	}
}

// TestLookupsFollowChanges sees that look-ups are consistent at once.
func TestLookupsFollowChanges(t *testing.T) {
	t.Parallel()
	b := setup(t)
	finds := func(email string) int {
		data := b.must(`query($v:String!){f:getUsersByStandardAttribute(attributeName:"email",attributeValue:$v){id}}`, map[string]any{"v": email})
		return len(data["f"].([]any))
	}
	id := b.create("a@example.com")
	if finds("a@example.com") != 1 {
		t.Error("not found after creation")
	}
	must(t, b.Project().SetLoginID(id, "email", "b@example.com"))
	if finds("a@example.com") != 0 || finds("b@example.com") != 1 {
		t.Error("not moved")
	}
	if again := b.create("a@example.com"); again == id {
		t.Error("the same user")
	}
	must(t, b.Project().Delete(id))
	if finds("b@example.com") != 0 || finds("a@example.com") != 1 {
		t.Error("wrong after deletion")
	}
}

// TestInvalidLookupAmongMany sees what one bad value costs the others. The list
// of users by attribute may not be null, so all the data is; and of several errors
// any one is told. A user by login ID may be null, and the others are there.
func TestInvalidLookupAmongMany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create("a@example.com")
	byAttribute := b.ask(`{
		a0:getUsersByStandardAttribute(attributeName:"email",attributeValue:"a@example.com"){id}
		a1:getUsersByStandardAttribute(attributeName:"email",attributeValue:"bad"){id}
		a2:getUsersByStandardAttribute(attributeName:"email",attributeValue:"worse"){id}}`, nil)
	if byAttribute.Data != nil || len(byAttribute.Errors) != 1 || byAttribute.reason() != "GetUsersInvalidArgument" {
		t.Fatalf("by attribute: %+v", byAttribute)
	}
	if of := byAttribute.Errors[0].Path[0]; of != "a1" && of != "a2" {
		t.Errorf("the error is of %v", of)
	}
	byLoginID := b.ask(`{
		a0:getUserByLoginID(loginIDKey:"email",loginIDValue:"a@example.com"){id}
		a1:getUserByLoginID(loginIDKey:"email",loginIDValue:"bad"){id}
		a2:getUserByLoginID(loginIDKey:"email",loginIDValue:"worse"){id}}`, nil)
	if byLoginID.Data["a0"] == nil || len(byLoginID.Errors) != 2 {
		t.Errorf("by login ID: %+v", byLoginID)
	}
}

func TestNodes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	must(t, b.Project().AddRole("admin", ""))
	id := b.create("a@example.com")
	role := dig(t, b.must(`{roles{edges{node{id}}}}`, nil), "roles.edges.0.node.id")
	row := dig(t, b.must(`{auditLogs(activityTypes:[USER_CREATED]){edges{node{id}}}}`, nil), "auditLogs.edges.0.node.id")
	got := b.must(`query($ids:[ID!]!){nodes(ids:$ids){__typename id ... on Role{key}}}`, map[string]any{"ids": []any{
		nodeID(id), "garbage", role, nodeID("00000000-0000-4000-8000-000000000000"), nodeID("no uuid"), row, nodeID(id),
	}})["nodes"].([]any)
	want := []string{"User", "", "Role", "", "", "AuditLog", "User"}
	for i, node := range got {
		name := ""
		if n, ok := node.(map[string]any); ok {
			name = n["__typename"].(string)
		}
		if name != want[i] {
			t.Errorf("node %d is %v, want %q", i, node, want[i])
		}
	}
	if none := b.must(`{nodes(ids:[]){id}}`, nil)["nodes"].([]any); len(none) != 0 {
		t.Errorf("nodes of no ids: %v", none)
	}
}
