package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

// somebody is a user with a number, an account and a name.
func somebody(number byte, account, name string) *usersync.User {
	user := usersync.NewUser(usersync.ID{15: number})
	user.Set(fieldNamed("end_user_account_id"), account)
	user.Set(fieldNamed("formatted_name"), name)
	user.Set(fieldNamed("created_at"), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return user
}

// tableOf is a table as a terminal of some width shows it; 0 is none.
func tableOf(t *testing.T, width int, users ...*usersync.User) string {
	t.Helper()
	var out strings.Builder
	table := newPeopleTable(&out, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	table.width = width
	for _, user := range users {
		if err := table.add(user); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPeopleTable(t *testing.T) {
	t.Parallel()
	people := []*usersync.User{
		somebody(1, "ann@example.com", "Ann"),
		somebody(2, strings.Repeat("long", 20)+"@example.com", "田中健太"),
		somebody(3, "", "e\u0301\x1b[31m\u202e"),
		somebody(4, "", "שלום עולם"),
	}
	golden(t, "users-table", fmt.Sprintf("no terminal:\n%s\n100 columns:\n%s\n80 columns:\n%s\n40 columns:\n%s\nnobody:\n%s",
		tableOf(t, 0, people...), tableOf(t, 100, people...), tableOf(t, 80, people...), tableOf(t, 40, people...), tableOf(t, 0)))
	for width := 64; width < 200; width++ {
		if !strings.Contains(tableOf(t, width, people[0], people[2]), " ann@example.com ") {
			t.Errorf("an account is cut in %d columns", width)
		}
		for line := range strings.Lines(tableOf(t, width, people...)) {
			if cellWidth(strings.TrimSuffix(line, "\n")) > width {
				t.Errorf("wider than %d: %s", width, line)
			}
		}
	}
}

// TestFoldCell: nothing is lost, unless there is too much of it.
func TestFoldCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                              {""},
		"short":                         {"short"},
		"a\nb\x1b\n":                    {"a", `b\u001b`, ""},
		"0123456789":                    {"01234567", "89"},
		"0 23456 89":                    {"0 23456 ", "89"},
		"0123456田中":                     {"0123456", "田中"},
		"e\u0301234567e\u0301":          {"e\u0301234567e\u0301"},
		"1\n2\n3\n4":                    {"1", "2", "3…"},
		strings.Repeat("0123456789", 9): {"01234567", "89012345", "6789012…"},
	} {
		if got := foldCell(text, 8, 3); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestUserPageFits a terminal.
func TestUserPageFits(t *testing.T) {
	t.Parallel()
	user := somebody(1, "ann@example.com", "Ann\nstatus      disabled\x1b[2J")
	user.Set(fieldNamed("custom_attributes"), map[string]any{"note": strings.Repeat("long ", 1000)})
	page := &userPage{width: 60}
	page.user(knownUser{id: user.ID, user: user}, time.Now())
	text := page.text.String()
	for line := range strings.Lines(text) {
		if cellWidth(strings.TrimSuffix(line, "\n")) > 60 || strings.ContainsRune(line, '\x1b') {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(text, "name        Ann\n            status      disabled\\u001b[2J\nstatus      active\n") || strings.Count(text, "  long long") != mostLines || !strings.HasSuffix(text, "…\n") {
		t.Error(text)
	}
}

// TestPeopleTableStreams what comes after the rows that it was measured by.
func TestPeopleTableStreams(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	table := newPeopleTable(&out, time.Now())
	for i := range measuredRows + 20 {
		account := "ann@example.com"
		if i >= measuredRows {
			account = "somebody.else@example.com"
		}
		if err := table.add(somebody(byte(i), account, "Ann")); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(out.String(), "\n"); i >= measuredRows-1 && lines != i+2 {
			t.Fatalf("%d lines after %d users", lines, i+1)
		}
	}
	if !strings.Contains(out.String(), "somebody.else@…") {
		t.Errorf("%s", out.String())
	}
}
