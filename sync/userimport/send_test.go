package userimport_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// TestUpdatesSayWhomTheySaw: the sender can tell who was changed since.
func TestUpdatesSayWhomTheySaw(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,name", "p1@example.com,X")
	i.desk.users = []*usersync.User{person(t, 1)}
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	i.Now = func() time.Time { return now }
	i.desk.edit = func(_ int, user *usersync.User) *usersync.User {
		now = now.Add(time.Minute) // while they are read
		return user
	}
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := i.post.sent[0]
	if sent.Seen != userimport.SeenOf(person(t, 1)) || sent.Seen == (usersync.Fingerprint{}) {
		t.Errorf("seen was %x", sent.Seen)
	}
	if want := now.Add(-time.Minute); !sent.Read.Equal(want) {
		t.Errorf("read at %s, want the time before, %s", sent.Read, want)
	}
}

// TestOpenRowsHaveTheirUsers: no row is about a user whom another row may have
// updated in an earlier run, wherever that one stands.
func TestOpenRowsHaveTheirUsers(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,name", "g@example.com,Y", "p1@example.com,X")
	i.desk.users = []*usersync.User{userOf(t, "{}", fields{"sub": idOf(1).String(), "identities": []any{
		loginID("email", "email", "email", "p1@example.com"),
		fields{"type": "oauth", "claims": fields{"email": "g@example.com"}},
	}})}
	i.post.open, i.post.claims = []int{2}, map[int]usersync.ID{2: idOf(1)}
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if result := i.account.results[1]; result.Outcome != userimport.Conflict || !strings.Contains(result.Reason, "row 2") {
		t.Errorf("row 1: %+v", result)
	}
	if len(i.post.sent) != 0 || !slices.Equal(i.post.resumed, []int{2}) {
		t.Errorf("sent was %+v, resumed %v", i.post.sent, i.post.resumed)
	}
}

// TestDoneRowsHaveTheirUsers: nor is any about a user whom another row made or
// changed in an earlier run.
func TestDoneRowsHaveTheirUsers(t *testing.T) {
	t.Parallel()
	for _, outcome := range []userimport.Outcome{userimport.Created, userimport.Updated} {
		i := newImporting(t, "email,name", "g@example.com,Y", "p1@example.com,X")
		i.desk.users = []*usersync.User{userOf(t, "{}", fields{"sub": idOf(1).String(), "identities": []any{
			loginID("email", "email", "email", "p1@example.com"),
			fields{"type": "oauth", "claims": fields{"email": "g@example.com"}},
		}})}
		i.post.known = map[int]userimport.Result{2: {Row: 2, Outcome: outcome, User: idOf(1), Job: "job"}}
		if _, err := i.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if result := i.account.results[1]; result.Outcome != userimport.Conflict || !strings.Contains(result.Reason, "row 2") || len(i.post.sent) != 0 {
			t.Errorf("row 2 was %s, and row 1: %+v, sent was %+v", outcome, result, i.post.sent)
		}
	}
}

// TestSilentSender: of rows that were handed over nobody may say that they were
// not sent.
func TestSilentSender(t *testing.T) {
	t.Parallel()
	i := newImporting(t, "email,name", "a@example.com,A", "b@example.com,B")
	i.post.silent, i.post.refuses = true, errBroken
	report, err := i.Run(t.Context())
	if got, want := i.outcomes(), "unknown not_sent"; err == nil || got != want {
		t.Errorf("the rows came to %q, not %q, with %v", got, want, err)
	}
	if report.Outcomes[userimport.Unknown] != 1 {
		t.Errorf("the report is %+v", report)
	}
}

// TestProgress tells of rows that have come to their end, as results come.
func TestProgress(t *testing.T) {
	t.Parallel()
	var rows []string
	for row := range 250 {
		rows = append(rows, fmt.Sprintf("p%d@example.com,P", row))
	}
	i := newImporting(t, "email,name", append(rows, "bad,Q")...)
	var told []userimport.Progress
	i.Progress = func(p userimport.Progress) {
		if p.Phase == userimport.Sending {
			told = append(told, p)
		}
	}
	if _, err := i.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want []userimport.Progress
	for _, done := range []int{1, 100, 200} {
		want = append(want, userimport.Progress{Phase: userimport.Sending, Done: done, Total: 251})
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %+v", told)
	}
}
