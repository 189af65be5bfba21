package userimport_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A people is a directory of users, which finds them by their identities.
type people struct {
	userimport.Directory

	users   []*usersync.User
	gone    []usersync.ID // are found, and not there any more
	invalid []string
	broken  error

	mutex   sync.Mutex
	found   map[userimport.Identifier][]string // what was asked for
	read    []usersync.ID
	largest int // of the batches of ids
}

func (p *people) Find(_ context.Context, kind userimport.Identifier, values []string) ([]userimport.Found, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.broken != nil {
		return nil, p.broken
	}
	if p.found == nil {
		p.found = make(map[userimport.Identifier][]string)
	}
	p.found[kind] = append(p.found[kind], values...)
	all := make([]userimport.Found, len(values))
	identities, _ := userimport.Settable().Lookup("identities")
	for i, value := range values {
		all[i].Invalid = slices.Contains(p.invalid, value)
		for _, user := range p.users {
			for _, identity := range user.Get(identities).([]any) {
				claims := identity.(fields)["claims"].(fields)
				held, _ := claims[string(kind)].(string)
				if strings.EqualFold(held, value) && !slices.Contains(all[i].IDs, user.ID) {
					all[i].IDs = append(all[i].IDs, user.ID)
				}
			}
		}
	}
	return all, nil
}

func (p *people) Users(_ context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.read = append(p.read, ids...)
	p.largest = max(p.largest, len(ids))
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		at := slices.IndexFunc(p.users, func(u *usersync.User) bool { return u.ID == id })
		if !slices.Contains(p.gone, id) {
			users[i] = p.users[at]
		}
	}
	return users, nil
}

func idOf(n int) usersync.ID { return usersync.ID{14: byte(n >> 8), 15: byte(n)} }

// person is a user with login IDs of their own.
func person(t testing.TB, n int) *usersync.User {
	t.Helper()
	return userOf(t, "{}", fields{
		"sub": idOf(n).String(), "name": "B",
		"identities": []any{
			loginID("email", "email", "email", fmt.Sprintf("p%d@example.com", n)),
			loginID("phone", "phone", "phone_number", fmt.Sprintf("+8529800%04d", n)),
			loginID("username", "username", "preferred_username", fmt.Sprintf("p%d", n)),
		},
	})
}

func TestClassify(t *testing.T) {
	t.Parallel()
	shared := []*usersync.User{
		person(t, 1),
		person(t, 2),
		userOf(t, "{}", fields{"sub": idOf(3).String(), "identities": []any{oauth("shared@example.com")}}),
		userOf(t, "{}", fields{"sub": idOf(4).String(), "identities": []any{loginID("email", "email", "email", "shared@example.com")}}),
		userOf(t, "{}", fields{"sub": idOf(5).String(), "identities": []any{loginID("email", "email", "email", "twice@example.com"), oauth("twice@example.com")}}),
		userOf(t, "{}", fields{"sub": idOf(6).String(), "identities": []any{oauth("google@example.com")}}),
		userOf(t, "{}", fields{"sub": idOf(7).String(), "identities": []any{loginID("email", "email", "email", "gone@example.com")}}),
	}
	one, two := idOf(1).String(), idOf(2).String()
	tests := map[string]struct {
		record  string
		skip    bool // no upsert
		outcome userimport.Outcome
		user    int
		reason  string
		changes []string
		notes   []string
		sent    string // nothing when empty
	}{
		"somebody new":                 {record: `{"email":"new@example.com","phone_number":"+85211111111","name":"N","nickname":null}`, outcome: userimport.Created, sent: `{"email":"new@example.com","phone_number":"+85211111111","name":"N"}`},
		"somebody new, without upsert": {record: `{"email":"new@example.com"}`, skip: true, outcome: userimport.Created, sent: `{"email":"new@example.com"}`},
		"a change":                     {record: `{"email":"P1@example.com","name":"C"}`, outcome: userimport.Updated, user: 1, changes: []string{`name: "B" → "C"`}, sent: `{"email":"p1@example.com","name":"C"}`},
		"a change, without upsert":     {record: `{"email":"p1@example.com","name":"C"}`, skip: true, outcome: userimport.Skipped, user: 1},
		"no change":                    {record: `{"email":"P1@example.com","phone_number":"+85298000001","preferred_username":"p1","name":"B"}`, outcome: userimport.Unchanged, user: 1, sent: `{"email":"p1@example.com","phone_number":"+85298000001","preferred_username":"p1","name":"B"}`},
		"a change beside flags":        {record: `{"email":"p1@example.com","name":"C","email_verified":false,"phone_number_verified":false,"disabled":false}`, outcome: userimport.Updated, user: 1, changes: []string{`name: "B" → "C"`}, sent: `{"email":"p1@example.com","name":"C"}`},
		"no change but a password":     {record: `{"email":"p1@example.com","password":{"type":"bcrypt","password_hash":"x"}}`, outcome: userimport.Unchanged, user: 1, notes: []string{"the password is ignored: the user exists"}, sent: `{"email":"p1@example.com","password":{"type":"bcrypt","password_hash":"x"}}`},
		"no change to be seen":         {record: `{"email":"p1@example.com","mfa":{"email":"p1@example.com"}}`, outcome: userimport.Updated, user: 1, reason: "a second factor cannot be compared", sent: `{"email":"p1@example.com","mfa":{"email":"p1@example.com"}}`},
		"two users' login IDs":         {record: `{"email":"p1@example.com","phone_number":"+85298000002"}`, outcome: userimport.Conflict, user: 1, reason: "the email belongs to one user, the phone_number to user " + two},
		"two users', without upsert":   {record: `{"email":"p1@example.com","preferred_username":"P2"}`, skip: true, outcome: userimport.Conflict, user: 1, reason: "the email belongs to one user, the preferred_username to user " + two},
		"another's login ID":           {record: `{"email":"new@example.com","preferred_username":"p1"}`, outcome: userimport.Conflict, reason: "nobody has the email, but the preferred_username belongs to user " + one},
		"a shared identifier":          {record: `{"email":"shared@example.com"}`, outcome: userimport.Conflict, reason: "the email belongs to 2 users (" + idOf(3).String() + ", " + idOf(4).String() + ")"},
		"shared, without upsert":       {record: `{"email":"shared@example.com"}`, skip: true, outcome: userimport.Conflict, reason: "the email belongs to 2 users (" + idOf(3).String() + ", " + idOf(4).String() + ")"},
		"login ID and account":         {record: `{"email":"twice@example.com","name":"C"}`, outcome: userimport.Conflict, user: 5, reason: "the user has this email both as a login ID and by an account of an identity provider, and Authgear imports no record that it finds two identities for: match by another --identifier and leave this column out, or unlink one of the two in the portal"},
		"login ID and account, as is":  {record: `{"email":"twice@example.com"}`, skip: true, outcome: userimport.Skipped, user: 5},
		"an account":                   {record: `{"email":"google@example.com","name":"C"}`, outcome: userimport.Updated, user: 6, changes: []string{`name: nothing → "C"`}, notes: []string{"the user has this email by an account of an identity provider, not as a login ID of the import's kind"}, sent: `{"email":"google@example.com","name":"C"}`},
		"deleted meanwhile":            {record: `{"email":"gone@example.com"}`, outcome: userimport.Conflict, user: 7, reason: "the user was deleted while rows were compared; run it again"},
		"no identifier":                {record: `{"phone_number":"+85298000001"}`, outcome: userimport.Rejected, reason: "there is no email, which users are found by"},
		"null for an identifier":       {record: `{"email":null}`, outcome: userimport.Rejected, reason: "there is no email, which users are found by"},
		"not an email":                 {record: `{"email":"wrong"}`, outcome: userimport.Rejected, reason: "Authgear does not take the email for one"},
		"not a phone number":           {record: `{"email":"p1@example.com","phone_number":"wrong"}`, outcome: userimport.Rejected, reason: "Authgear does not take the phone_number for one"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := &people{users: shared, gone: []usersync.ID{idOf(7)}, invalid: []string{"wrong"}}
			classifier := &userimport.Classifier{Directory: directory, Identifier: userimport.Email, Upsert: !test.skip}
			verdicts, err := classifier.Classify(t.Context(), []userimport.Item{{Row: 1, Line: 2, Record: recordOf(t, test.record)}})
			if err != nil {
				t.Fatal(err)
			}
			got := verdicts[0]
			if got.Outcome != test.outcome || got.Reason != test.reason {
				t.Errorf("%s: %q", got.Outcome, got.Reason)
			}
			if want := idOf(test.user); got.User != want {
				t.Errorf("the user is %s, not %s", got.User, want)
			}
			if diff := cmp.Diff(test.changes, texts(got.Differences)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.notes, got.Notes); diff != "" {
				t.Error(diff)
			}
			switch {
			case test.sent == "" && got.Record != nil:
				t.Errorf("there is something to send: %s", jsonOf(t, got.Record))
			case test.sent != "":
				if diff := cmp.Diff(jsonOf(t, recordOf(t, test.sent)), jsonOf(t, got.Record)); diff != "" {
					t.Error(diff)
				}
			}
			if got.Outcome == userimport.Updated {
				user := shared[test.user-1]
				if got.Seen != usersync.FingerprintOf(user, userimport.Settable()) {
					t.Error("the fingerprint is not the user's")
				}
			}
			if test.skip && len(directory.read) > 0 {
				t.Error("users were read for nothing")
			}
		})
	}
}

// Many rows are asked about together, nothing twice, and answered in order.
func TestClassifyManyAtOnce(t *testing.T) {
	t.Parallel()
	directory := new(people)
	const count = 250
	var rows []userimport.Item
	for n := range count {
		record := recordOf(t, fmt.Sprintf(`{"preferred_username":"P%d","phone_number":"+8529800%04d","name":"C%d"}`, n, n, n))
		if n%5 != 0 {
			directory.users = append(directory.users, person(t, n))
		}
		rows = append(rows, userimport.Item{Row: n + 1, Line: n + 2, Record: record})
	}
	rows = append(rows, rows[count-1]) // the same once more
	classifier := &userimport.Classifier{Directory: directory, Identifier: userimport.Username, Upsert: true}
	verdicts, err := classifier.Classify(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	if len(verdicts) != len(rows) {
		t.Fatalf("%d verdicts on %d rows", len(verdicts), len(rows))
	}
	for i, row := range rows {
		want := userimport.Verdict{Outcome: userimport.Created}
		if n := row.Row - 1; n%5 != 0 {
			want = userimport.Verdict{Outcome: userimport.Updated, User: idOf(n)}
			if got, change := texts(verdicts[i].Differences), fmt.Sprintf(`name: "B" → "C%d"`, n); !slices.Equal(got, []string{change}) {
				t.Errorf("row %d: %v", row.Row, got)
			}
		}
		if got := verdicts[i]; got.Outcome != want.Outcome || got.User != want.User {
			t.Errorf("row %d: %s of %s, not %s of %s", row.Row, got.Outcome, got.User, want.Outcome, want.User)
		}
	}
	if len(directory.found[userimport.Username]) != count || len(directory.found[userimport.Phone]) != count || len(directory.found) != 2 {
		t.Error("some values were asked for more than once, or not at all")
	}
	if len(directory.read) != len(directory.users) || directory.largest > usersync.LookupBatch {
		t.Errorf("%d users were read, up to %d at once", len(directory.read), directory.largest)
	}
}

func TestClassifyTellsOfErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	classifier := &userimport.Classifier{Directory: &people{broken: broken}, Identifier: userimport.Email}
	_, err := classifier.Classify(t.Context(), []userimport.Item{{Record: recordOf(t, `{"email":"ann@example.com"}`)}})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

// Who is disabled within the account's valid period is disabled by themselves;
// outside of it nobody can tell. Clocks differ.
func TestJudgeWithinValidPeriod(t *testing.T) {
	t.Parallel()
	from, until := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	const already, enabled = `{"email":"ann@example.com","disabled":true}`, `{"email":"ann@example.com","disabled":false}`
	const moved = `{"account_valid_until":"2099-01-01T00:00:00Z","disabled":true,"email":"ann@example.com"}`
	tests := map[string]struct {
		at      time.Time
		lacks   string // an end of the period
		record  string
		outcome userimport.Outcome
		reason  string
		changes []string
		sent    string // the record when empty
	}{
		"disabled already":     {at: from.AddDate(0, 6, 0), record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"enabled":              {at: from.AddDate(0, 6, 0), record: enabled, outcome: userimport.Updated, changes: []string{"disabled: true → false"}},
		"just begun":           {at: from.Add(5 * time.Minute), record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"perhaps begun":        {at: from.Add(5*time.Minute - 1), record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"not begun":            {at: from.Add(-time.Hour), record: enabled, outcome: userimport.Updated, reason: unknownDisabling},
		"about to end":         {at: until.Add(-5*time.Minute - 1), record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"perhaps over":         {at: until.Add(-5 * time.Minute), record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"over":                 {at: until.Add(time.Hour), record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"over, without an end": {at: until.Add(time.Hour), lacks: "account_valid_until", record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"without a beginning":  {at: from.Add(-time.Hour), lacks: "account_valid_from", record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
		"over, and moved":      {at: until.Add(time.Hour), record: moved, outcome: userimport.Updated, changes: []string{"account_valid_until: \"" + until.Format(time.RFC3339) + "\" → \"2099-01-01T00:00:00Z\""}},
		"no time told":         {record: already, outcome: userimport.Unchanged, sent: `{"email":"ann@example.com"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := userOf(t, ann, fields{"disabled": true, "account_valid_from": from, "account_valid_until": until, test.lacks: nil})
			directory := &people{users: []*usersync.User{user}}
			classifier := &userimport.Classifier{Directory: directory, Identifier: userimport.Email, Upsert: true, At: test.at}
			verdicts, err := classifier.Classify(t.Context(), []userimport.Item{{Row: 1, Line: 2, Record: recordOf(t, test.record)}})
			if err != nil {
				t.Fatal(err)
			}
			got := verdicts[0]
			if got.Outcome != test.outcome || got.Reason != test.reason {
				t.Errorf("%s: %q", got.Outcome, got.Reason)
			}
			if diff := cmp.Diff(test.changes, texts(got.Differences)); diff != "" {
				t.Error(diff)
			}
			sent := test.sent
			if sent == "" {
				sent = test.record
			}
			if diff := cmp.Diff(jsonOf(t, recordOf(t, sent)), jsonOf(t, got.Record)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const unknownDisabling = "whether an account with a valid period is disabled besides cannot be compared"

// A second pass over the same file sends nothing that Authgear would warn of.
func TestSecondPassLeavesOutFlags(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,name,disabled,email_verified", "p1@example.com,B,true,false", "p2@example.com,C,true,false")
	i.Now = func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }
	for n := 1; n <= 2; n++ {
		i.desk.users = append(i.desk.users, userOf(t, "{}", fields{
			"sub": idOf(n).String(), "name": "B", "disabled": true, "account_valid_from": "2026-01-01T00:00:00Z",
			"identities": []any{loginID("email", "email", "email", fmt.Sprintf("p%d@example.com", n))},
		}))
	}
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := i.outcomes(), "unchanged updated"; got != want {
		t.Errorf("the rows came to %q, not %q", got, want)
	}
	var sent []string
	for _, item := range i.post.sent {
		sent = append(sent, jsonOf(t, item.Sent))
	}
	if diff := cmp.Diff([]string{`{"email":"p2@example.com","name":"C"}`}, sent); diff != "" {
		t.Error(diff)
	}
}

// Null that Authgear would refuse is not sent, and told of only where the user has
// something to remove.
func TestNullThatRemovesNothing(t *testing.T) {
	t.Parallel()
	const row = `{"email":"p1@example.com","disabled":null,"email_verified":null,"phone_number_verified":null,"account_valid_from":null,"account_valid_until":null}`
	const enabled, verified = `disabled: true → nothing has no effect: an import cannot remove it; write false`, `_verified: true → nothing has no effect: an import cannot remove it; write false`
	tests := map[string]struct {
		user     fields
		also     string // what else the row says
		warnings []string
		sent     string // the email alone when empty
	}{
		"nothing":                               {},
		"disabled":                              {user: fields{"disabled": true}, warnings: []string{enabled}},
		"a time":                                {user: fields{"account_valid_until": "2040-01-01T00:00:00Z"}, warnings: []string{`account_valid_until: "2040-01-01T00:00:00Z" → nothing has no effect: an import cannot remove it`}},
		"verified":                              {user: fields{"email_verified": true, "phone_number_verified": true}, warnings: []string{"email" + verified, "phone_number" + verified}},
		"verified, and the login ID is removed": {user: fields{"phone_number_verified": true}, also: `{"phone_number":null}`, sent: `{"email":"p1@example.com","phone_number":null}`},
	}
	for name, test := range tests {
		has := fields{"sub": idOf(1).String(), "identities": []any{
			loginID("email", "email", "email", "p1@example.com"), loginID("phone", "phone", "phone_number", "+85298000001"),
		}}
		maps.Copy(has, test.user)
		user, record := userOf(t, "{}", has), recordOf(t, row)
		if test.also != "" {
			maps.Copy(record, recordOf(t, test.also))
		}
		verdict := userimport.Judge(record, user, userimport.Email, time.Time{})
		if diff := cmp.Diff(test.warnings, verdict.Warnings); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		want := test.sent
		if want == "" {
			want = `{"email":"p1@example.com"}`
		}
		if got := jsonOf(t, verdict.Record); got != want || (verdict.Outcome == userimport.Unchanged) != (test.sent == "") {
			t.Errorf("%s: %s by %s, not %s", name, verdict.Outcome, got, want)
		}
		// By what is missing the journal knows of it when the warnings are lost.
		if again := userimport.EffectAt(verdict.Record, user, userimport.Email, time.Time{}); len(again.Missing()) != len(test.warnings)+len(verdict.Differences) {
			t.Errorf("%s: when the user is read back, %v is missing", name, texts(again.Missing()))
		}
	}
}
