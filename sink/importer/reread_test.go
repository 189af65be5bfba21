package importer_test

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A slowDirectory shows users half changed for as long as the clock stands where it
// did when they were first read.
type slowDirectory struct {
	*server

	mutex sync.Mutex
	first time.Time
}

func (d *slowDirectory) Users(ctx context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	users, err := d.server.Users(ctx, ids)
	if err != nil {
		return nil, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.first.IsZero() {
		d.first = d.clock.now()
	}
	if d.clock.now().After(d.first) {
		return users, nil
	}
	halves := make([]*usersync.User, len(users))
	for i, user := range users {
		halves[i] = usersync.NewUser(user.ID)
		for _, name := range []string{"email", "identities", "created_at"} {
			halves[i].Set(field(name), user.Get(field(name)))
		}
	}
	return halves, nil
}

// A POST before which nobody noted who was seen counts, and not an earlier one: what
// users were by then is not known.
func TestLastPostSaysWhoWasSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 30)
	b.mishap = func(n int, _ post) mishap { return mishap{lose: n > 1, undone: n > 1} }
	if _, killed, _ := b.live(t, items, &process{left: 7, share: 100}); !killed || len(b.posts) != 3 {
		t.Fatalf("killed %v after %d posts", killed, len(b.posts))
	}
	text := b.journal(t)
	last := bytes.LastIndex(text, []byte(`{"post":`))
	older := regexp.MustCompile(`,"seen":\[[^]]*\]`).ReplaceAll(text[last:], nil)
	if err := os.WriteFile(b.journalPath(), slices.Concat(text[:last], older), 0o600); err != nil || len(older) == len(text)-last {
		t.Fatal(err, "there was nothing to take out")
	}
	b.mishap = nil
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Updated: 10, userimport.Conflict: 20})
	if len(b.posts) != 3 {
		t.Errorf("%d posts", len(b.posts))
	}
}

// Where Authgear keeps an email address as somebody wrote it, the row is held
// against the user in that spelling.
func TestReadBackInAuthgearsSpelling(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 10)
	const kept = "Person11@example.com"
	id := b.create(kept, map[string]any{"name": "Old name"})
	verified := []any{map[string]any{"name": "email", "value": kept}}
	b.edit(id, "verified_claims", verified)
	row := b.updateOf(11, id, userimport.Record{"email": emailOf(11), "email_verified": true, "name": "Person 11"})
	row.Sent = userimport.Record{"email": kept, "name": "Person 11"}
	b.after = func(record map[string]any, _ *adminapi.ImportDetail) {
		if record["email"] == kept {
			b.edit(id, "verified_claims", verified)
		}
	}
	result := b.mustRun(t, append(items, row)).results[11]
	if result.Outcome != userimport.Updated || result.Warned() || b.users[id].Get(field("name")) != "Person 11" {
		t.Errorf("%+v", result)
	}
}
