package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usersync/adminapi/emulator"
)

const auditFields = `edges{cursor node{id createdAt activityType user{id} data}} totalCount pageInfo{hasNextPage}`

func (b *bundle) auditTotal() int64 {
	b.t.Helper()
	n, err := dig(b.t, b.must(`{auditLogs(first:0){totalCount}}`, nil), "auditLogs.totalCount").(json.Number).Int64()
	must(b.t, err)
	return n
}

// rowsSince returns the rows from an instant on, in the order they were written.
func (b *bundle) rowsSince(at time.Time) []map[string]any {
	b.t.Helper()
	data := b.must(`query($from:DateTime){auditLogs(rangeFrom:$from){`+auditFields+`}}`, map[string]any{"from": at.Format(time.RFC3339)})
	rows := nodesOf(data["auditLogs"])
	slices.SortFunc(rows, func(x, y map[string]any) int { return strings.Compare(x["id"].(string), y["id"].(string)) })
	return rows
}

// TestAuditRows checks which rows each change leaves, and where they name the user.
func TestAuditRows(t *testing.T) {
	t.Parallel()
	mutation := func(text string) func(*bundle, string) error {
		return func(b *bundle, id string) error {
			if r := b.mutate(text, id); len(r.Errors) > 0 {
				return fmt.Errorf("%+v", r.Errors)
			}
			return nil
		}
	}
	update := func(edit func(*emulator.User)) func(*bundle, string) error {
		return func(b *bundle, id string) error { return b.Project().Update(id, edit) }
	}
	for name, tt := range map[string]struct {
		change func(*bundle, string) error
		want   []string
	}{
		"create": {func(b *bundle, _ string) error {
			_, err := b.Project().Create(emulator.User{})
			return err
		}, []string{"USER_CREATED", "ADMIN_API_MUTATION_CREATE_USER_EXECUTED"}},
		"createUser": {
			mutation(`createUser(input:{definition:{loginID:{key:"email",value:"n@example.com"}}}){user{id}} addUserToRoles(input:{userID:$id,roleKeys:["viewer"]}){user{id}}`),
			[]string{"USER_CREATED", "ADMIN_API_MUTATION_CREATE_USER_EXECUTED", "ADMIN_API_MUTATION_ADD_USER_TO_ROLES_EXECUTED"},
		},
		"delete":        {mutation(`deleteUser(input:{userID:$id}){deletedUserID}`), []string{"USER_DELETED", "ADMIN_API_MUTATION_DELETE_USER_EXECUTED"}},
		"update":        {mutation(`updateUser(input:{userID:$id,customAttributes:"{\"a\":1}"}){user{id}}`), []string{"USER_PROFILE_UPDATED", "ADMIN_API_MUTATION_UPDATE_USER_EXECUTED"}},
		"disable":       {mutation(`setDisabledStatus(input:{userID:$id,isDisabled:true}){user{id}}`), []string{"USER_DISABLED", "ADMIN_API_MUTATION_SET_DISABLED_STATUS_EXECUTED"}},
		"disable in Go": {func(b *bundle, id string) error { return b.Project().SetDisabled(id, true, "why") }, []string{"USER_DISABLED", "ADMIN_API_MUTATION_SET_DISABLED_STATUS_EXECUTED"}},
		"schedule":      {mutation(`scheduleAccountDeletion(input:{userID:$id}){user{id}}`), []string{"USER_DELETION_SCHEDULED", "ADMIN_API_MUTATION_SCHEDULE_ACCOUNT_DELETION_EXECUTED"}},
		"anonymize":     {mutation(`anonymizeUser(input:{userID:$id}){anonymizedUserID}`), []string{"USER_ANONYMIZED", "ADMIN_API_MUTATION_ANONYMIZE_USER_EXECUTED"}},
		"valid period":  {mutation(`setAccountValidPeriod(input:{userID:$id,accountValidFrom:"2030-01-01T00:00:00Z"}){user{id}}`), []string{"ADMIN_API_MUTATION_SET_ACCOUNT_VALID_PERIOD_EXECUTED"}},
		"valid period in Go": {func(b *bundle, id string) error {
			return b.Project().SetValidPeriod(id, nil, new(b.clock.Now()))
		}, []string{"ADMIN_API_MUTATION_SET_ACCOUNT_VALID_PERIOD_EXECUTED"}},
		"groups":      {mutation(`addUserToGroups(input:{userID:$id,groupKeys:["sales"]}){user{id}}`), []string{"ADMIN_API_MUTATION_ADD_USER_TO_GROUPS_EXECUTED"}},
		"login":       {func(b *bundle, id string) error { return b.Project().Login(id) }, []string{"USER_AUTHENTICATED"}},
		"email":       {func(b *bundle, id string) error { return b.Project().SetLoginID(id, "email", "x@example.com") }, []string{"IDENTITY_EMAIL_UPDATED"}},
		"phone":       {func(b *bundle, id string) error { return b.Project().SetLoginID(id, "phone", "+85298000001") }, []string{"IDENTITY_PHONE_ADDED"}},
		"no identity": {update(func(u *emulator.User) { u.Identities = nil }), []string{"IDENTITY_EMAIL_REMOVED"}},
		"connected": {update(func(u *emulator.User) {
			u.Identities = append(u.Identities, emulator.OAuthIdentity("google", "1", nil), emulator.BiometricIdentity("k", "d"))
		}), []string{"IDENTITY_OAUTH_CONNECTED", "IDENTITY_BIOMETRIC_ENABLED"}},
		"verified":   {update(func(u *emulator.User) { u.VerifiedClaims = []emulator.Claim{{Name: "email", Value: "ann@example.com"}} }), []string{"IDENTITY_EMAIL_VERIFIED"}},
		"role taken": {update(func(u *emulator.User) { u.Roles = nil }), []string{"ADMIN_API_MUTATION_REMOVE_USER_FROM_ROLES_EXECUTED"}},
		"nothing":    {update(func(*emulator.User) {}), nil},
		"verified by mutation": {func(b *bundle, id string) error {
			return b.Project().SetVerified(id, emulator.Claim{Name: "email", Value: "ann@example.com"}, true)
		}, []string{"ADMIN_API_MUTATION_SET_VERIFIED_STATUS_EXECUTED"}},
		"unaudited": {func(b *bundle, id string) error { return b.Project().Unaudited().Delete(id) }, nil},
		"import": {func(b *bundle, _ string) error {
			_, err := b.Project().Load(strings.NewReader(`{"sub":"00000000-0000-4000-8000-000000000001","roles":["new"]}`))
			return err
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, id := setupEditor(t)
			b.clock.Add(time.Hour + 700*time.Millisecond)
			start := b.clock.Now().Truncate(time.Second)
			must(t, tt.change(b, id))
			var got []string
			for _, row := range b.rowsSince(start) {
				got = append(got, row["activityType"].(string))
				if row["createdAt"] != start.Format(time.RFC3339) {
					t.Errorf("%s at %v, want whole seconds", row["activityType"], row["createdAt"])
				}
				if !strings.HasPrefix(name, "create") && name != "verified by mutation" && !strings.Contains(string(marshal(t, row["data"])), id) {
					t.Errorf("%s does not name the user", row["activityType"])
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	must(t, err)
	return data
}

// TestAuditOfRoles checks where ids stand when many users are concerned, and
// that changing a role names none of them.
func TestAuditOfRoles(t *testing.T) {
	t.Parallel()
	b, ann := setupEditor(t)
	bob := b.create("bob@example.com")
	must(t, b.Project().AssignRolesToGroup("sales", "editor"))
	b.clock.Add(time.Hour)
	start := b.clock.Now()
	b.must(`mutation($ids:[ID!]){
		a:addRoleToUsers(input:{roleKey:"viewer",userIDs:$ids}){role{key}}
		b:addGroupToUsers(input:{groupKey:"sales",userIDs:$ids}){group{key}}
	}`, map[string]any{"ids": []any{nodeID(ann), nodeID(bob)}})
	must(t, b.Project().RenameRole("viewer", "reader"))
	must(t, b.Project().DeleteRole("editor"))
	must(t, b.Project().DeleteGroup("sales"))
	var payloads []map[string]any
	for _, row := range b.rowsSince(start) {
		if row["user"] != nil || dig(t, row, "data.context.user_id") != nil {
			t.Errorf("%s names a user", row["activityType"])
		}
		payloads = append(payloads, dig(t, row, "data.payload").(map[string]any))
	}
	both := []any{ann, bob}
	want := []map[string]any{
		{"user_ids": both, "role_key": "viewer"},
		{"user_ids": both, "group_id": dig(t, payloads[1], "group_id")},
		{"original_role": payloads[2]["original_role"], "new_role": payloads[2]["new_role"]},
		{"role": payloads[3]["role"], "role_user_ids": []any{ann}, "role_group_ids": []any{dig(t, payloads[1], "group_id")}},
		{"group": payloads[4]["group"], "group_user_ids": both, "group_role_ids": []any{}},
	}
	if diff := cmp.Diff(want, payloads); diff != "" {
		t.Errorf("payloads (-want +got):\n%s", diff)
	}
	if u, _ := b.Project().Get(ann); !slices.Equal(u.Roles, []string{"reader"}) || len(u.Groups) != 0 {
		t.Errorf("ann has roles %v, groups %v", u.Roles, u.Groups)
	}
}

// TestAuditPages checks ranges, filters and the missing order within a second.
func TestAuditPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	start := b.clock.Now()
	var ids []string
	for n := range 4 { // two rows each, a second apart, the last four in one second
		id, err := b.Project().Create(emulator.User{Identities: []emulator.Identity{emulator.EmailIdentity(fmt.Sprintf("u%d@example.com", n))}})
		must(t, err)
		ids = append(ids, id)
		if n < 2 {
			b.clock.Add(time.Second)
		}
	}
	count := func(args string) int {
		return len(nodesOf(b.must(`{auditLogs(`+args+`){`+auditFields+`}}`, nil)["auditLogs"]))
	}
	at := func(seconds int) string { return start.Add(time.Duration(seconds) * time.Second).Format(time.RFC3339) }
	for args, want := range map[string]int{
		`first:3`:                   3,
		`after:"` + cursor(5) + `"`: 2,
		`rangeFrom:"` + at(1) + `"`: 6,
		`rangeTo:"` + at(1) + `"`:   2,
		`rangeFrom:"` + at(1) + `",rangeTo:"` + at(2) + `"`:                                 2,
		`activityTypes:[USER_CREATED]`:                                                      4,
		`activityTypes:[USER_CREATED,USER_DELETED,ADMIN_API_MUTATION_CREATE_USER_EXECUTED]`: 8,
		`userIDs:["` + nodeID(ids[0]) + `"]`:                                                2,
		`emailAddresses:["u0@example.com"]`:                                                 0, // a filter by who a message was sent to
	} {
		if got := count(args); got != want {
			t.Errorf("%s: %d rows, want %d", args, got, want)
		}
	}
	times := func(direction string) []string {
		var out []string
		for _, row := range nodesOf(b.must(`{auditLogs(sortDirection:`+direction+`){`+auditFields+`}}`, nil)["auditLogs"]) {
			out = append(out, row["createdAt"].(string))
		}
		return out
	}
	up, down := times("ASC"), times("DESC")
	slices.Reverse(down)
	if !slices.IsSorted(up) || !slices.Equal(up, down) {
		t.Errorf("ascending %v, descending backwards %v", up, down)
	}
	orders := map[string]bool{}
	for range 10 {
		orders[fmt.Sprint(b.must(`{auditLogs(rangeFrom:"`+at(2)+`"){edges{node{id}}}}`, nil))] = true
	}
	if len(orders) == 1 {
		t.Error("the rows of one second always come in the same order")
	}
	if r := b.ask(`{auditLogs(userIDs:["x"]){totalCount}}`, nil); r.reason() != "Invalid" {
		t.Errorf("a malformed user id: %+v", r)
	}
}

// TestAuditLogCanBeMissing checks a server without an audit database, and one
// that shows a few days of the log.
func TestAuditLogCanBeMissing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create("ann@example.com")
	b.Project().SetAuditLog(false)
	b.create("bob@example.com")
	if got := b.auditTotal(); got != 0 {
		t.Errorf("%d rows without an audit log", got)
	}
	b.Project().SetAuditLog(true)
	b.clock.Add(time.Hour)
	b.create("eve@example.com")
	for shown, want := range map[time.Duration]int64{0: 4, time.Minute: 2, 2 * time.Hour: 4} {
		b.Project().SetAuditRetention(shown)
		if got := b.auditTotal(); got != want {
			t.Errorf("%d rows of the last %v, want %d", got, shown, want)
		}
	}
}
