package main

import (
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
)

func TestAccountStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Hour), now.Add(time.Hour)
	tests := []struct {
		want   string
		values map[string]any
	}{
		{"active", nil},
		{"active, anonymous", map[string]any{"is_anonymous": true}},
		{"disabled", map[string]any{"disabled": true}},
		{"disabled (spam)", map[string]any{"disabled": true, "disable_reason": "spam"}},
		{"deactivated by the user, disabled", map[string]any{"disabled": true, "is_deactivated": true}},
		{"disabled, until 2026-11-23 13:00 UTC", map[string]any{"disabled": true, "temporarily_disabled_from": before, "temporarily_disabled_until": after}},
		{"active, to be disabled from 2026-11-23 13:00 UTC until 2026-11-23 14:00 UTC", map[string]any{"temporarily_disabled_from": after, "temporarily_disabled_until": after.Add(time.Hour)}},
		{"active", map[string]any{"temporarily_disabled_from": before.Add(-time.Hour), "temporarily_disabled_until": before}},
		{"disabled, not valid before 2026-11-23 13:00 UTC", map[string]any{"disabled": true, "account_valid_from": after}},
		{"disabled, not valid since 2026-11-23 11:00 UTC", map[string]any{"disabled": true, "account_valid_until": before}},
		{"active, valid until 2026-11-23 13:00 UTC", map[string]any{"account_valid_from": before, "account_valid_until": after}},
		{"disabled, to be deleted on 2026-11-23 13:00 UTC (asked for)", map[string]any{"disabled": true, "delete_at": after, "delete_reason": "asked for"}},
		{"disabled, to be anonymised on 2026-11-23 13:00 UTC", map[string]any{"disabled": true, "anonymize_at": after}},
		{"anonymised, disabled", map[string]any{"disabled": true, "is_anonymized": true}},
	}
	for _, test := range tests {
		user := usersync.NewUser(usersync.ID{})
		for name, value := range test.values {
			user.Set(fieldNamed(name), value)
		}
		if got := strings.Join(accountStatus(user, now), ", "); got != test.want {
			t.Errorf("%v: got %q, want %q", test.values, got, test.want)
		}
	}
}

// TestStatusFields are all that the status is read from: without any one of them
// it would be another.
func TestStatusFields(t *testing.T) {
	t.Parallel()
	set := usersync.FieldsNamed(statusFields())
	if set.Len() != len(statusFields()) {
		t.Errorf("not all are fields: %v", statusFields())
	}
}
