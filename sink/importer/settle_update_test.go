package importer_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// lostUpdate has the second POST lost, and something happen just then.
func (b *bench) lostUpdate(undone bool, meanwhile func()) {
	b.mishap = func(n int, p post) mishap {
		if n != 2 {
			return mishap{}
		}
		if !undone {
			for _, record := range p.records {
				b.importOne(record, true)
			}
		}
		meanwhile()
		return mishap{lose: true, undone: true}
	}
}

// A lost update is sent again only to a user who is as before: nothing that
// somebody changed meanwhile is overwritten.
func TestLostUpdates(t *testing.T) {
	t.Parallel()
	mfa := map[string]any{"email": "second@example.com"}
	tests := map[string]struct {
		more    userimport.Record // of row 20, besides the name
		project map[string]string
		undone  bool
		edits   map[string]any // of row 20's user, meanwhile
		outcome userimport.Outcome
		posts   int
		details string
	}{
		"not carried out": {
			undone: true, outcome: userimport.Updated, posts: 3,
		},
		"not carried out, and the name changed": {
			undone: true, edits: map[string]any{"name": "Another"}, outcome: userimport.Conflict, posts: 3, details: "name: not as it was sent",
		},
		"not carried out, and something else changed": {
			undone: true, edits: map[string]any{"nickname": "Nick"}, outcome: userimport.Conflict, posts: 3, details: "name: not as it was sent",
		},
		"carried out": {
			outcome: userimport.Updated, posts: 2,
		},
		"carried out, and something else changed": {
			edits: map[string]any{"nickname": "Nick"}, outcome: userimport.Updated, posts: 2,
		},
		"carried out, and the name changed": {
			edits: map[string]any{"name": "Another"}, outcome: userimport.Conflict, posts: 2, details: "name: not as it was sent",
		},
		"carried out but for what the project does not know": {
			more: userimport.Record{"custom_attributes": map[string]any{"ghost": "boo"}}, outcome: userimport.Updated, posts: 3,
			details: "custom_attributes.ghost: not as it was sent",
		},
		"not carried out, of what the project does not know, and something else changed": {
			more: userimport.Record{"name": "Old name", "custom_attributes": map[string]any{"ghost": "boo"}}, undone: true,
			edits: map[string]any{"nickname": "Nick"}, outcome: userimport.Updated, posts: 3, details: "custom_attributes.ghost: not as it was sent",
		},
		"half of what the project knows": {
			more: userimport.Record{"custom_attributes": map[string]any{"ghost": "boo"}}, project: map[string]string{"ghost": "string"},
			outcome: userimport.Conflict, posts: 2, details: "custom_attributes.ghost: not as it was sent",
		},
		"second factor, not carried out": {
			more: userimport.Record{"mfa": mfa}, undone: true, outcome: userimport.Updated, posts: 3,
		},
		"second factor, carried out": {
			more: userimport.Record{"mfa": mfa}, outcome: userimport.Updated, posts: 3,
		},
		"second factor and something unknown, carried out": {
			more:    userimport.Record{"mfa": mfa, "custom_attributes": map[string]any{"ghost": "boo"}},
			outcome: userimport.Updated, posts: 3, details: "custom_attributes.ghost: not as it was sent",
		},
		"second factor, and the name changed": {
			more: userimport.Record{"mfa": mfa}, undone: true, edits: map[string]any{"name": "Another"},
			outcome: userimport.Conflict, posts: 3, details: "name: not as it was sent",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Project.CustomAttributes = test.project
			items := b.updates(1, 30)
			record := userimport.Record{"email": emailOf(20), "name": "Person 20"}
			maps.Copy(record, test.more)
			items[19] = b.updateOf(20, items[19].User, record)
			b.lostUpdate(test.undone, func() {
				for key, value := range test.edits {
					b.edit(items[19].User, key, value)
				}
			})
			all := b.mustRun(t, items)
			result := all.results[20]
			if result.Outcome != test.outcome || strings.Join(result.Details, "|") != test.details {
				t.Errorf("%+v", result)
			}
			for key, value := range test.edits {
				if b.users[items[19].User].Get(field(key)) != value {
					t.Errorf("somebody's %s was overwritten", key)
				}
			}
			if len(b.posts) != test.posts {
				t.Errorf("%d posts", len(b.posts))
			}
			again := len(b.posts) > 2 && slices.Contains(b.posts[2].emails, emailOf(20))
			if want := test.posts > 2 && test.outcome == userimport.Updated; again != want {
				t.Errorf("sent again %v, want %v", again, want)
			}
			if counts := all.outcomes(); counts[userimport.Updated]+counts[userimport.Conflict] != 30 || counts[userimport.Conflict] > 1 {
				t.Errorf("outcomes %v", counts)
			}
		})
	}
}

// Who was seen is in the journal: the next run knows it too. A journal from before
// it was noted sends nothing again of which it cannot be said who was changed.
func TestLostUpdatesOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	for _, noted := range []bool{true, false} {
		t.Run(fmt.Sprint(noted), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			items := b.updates(1, 30)
			b.lostUpdate(true, func() {})
			if _, killed, _ := b.live(t, items, &process{left: 5, share: 100}); !killed || len(b.posts) != 2 {
				t.Fatalf("killed %v after %d posts", killed, len(b.posts))
			}
			b.edit(items[19].User, "name", "Another")
			want := outcomes{userimport.Updated: 29, userimport.Conflict: 1}
			if !noted {
				want = outcomes{userimport.Updated: 10, userimport.Conflict: 20}
				text := regexp.MustCompile(`,"seen":\[[^]]*\]`).ReplaceAll(b.journal(t), nil)
				if err := os.WriteFile(b.journalPath(), text, 0o600); err != nil || bytes.Contains(text, []byte("seen")) {
					t.Fatalf("%v: %s", err, text)
				}
			}
			wantOutcomes(t, b.mustRun(t, items), want)
			if b.users[items[19].User].Get(field("name")) != "Another" {
				t.Error("what somebody changed was overwritten")
			}
		})
	}
}

// A tornDirectory shows users half changed the first time that they are read.
type tornDirectory struct {
	*server
	torn atomic.Bool
}

func (d *tornDirectory) Users(ctx context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	users, err := d.server.Users(ctx, ids)
	if err != nil || d.torn.Swap(true) {
		return users, err
	}
	users = slices.Clone(users)
	for i, user := range users {
		half := usersync.NewUser(user.ID)
		for _, name := range []string{"email", "identities", "created_at"} {
			half.Set(field(name), user.Get(field(name)))
		}
		users[i] = half
	}
	return users, nil
}

// Users are not read in one piece: who looks half changed, or is just being changed,
// is looked at again after a moment.
func TestSecondLook(t *testing.T) {
	t.Parallel()
	for name, directory := range map[string]func(*server) userimport.Directory{
		"read in the middle": func(s *server) userimport.Directory { return &tornDirectory{server: s} },
		"being changed":      func(s *server) userimport.Directory { return &slowDirectory{server: s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Readback = false
			b.cfg.Directory = directory(b.server)
			items := b.updates(1, 30)
			b.mishap = second(mishap{lose: true})
			wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Updated: 30})
			if len(b.posts) != 2 {
				t.Errorf("%d posts", len(b.posts))
			}
		})
	}
}

// Whether an account is disabled besides having a valid period can be told by the
// server's clock: of an update that was lost, and when users are read back.
func TestDisabledWithinAPeriod(t *testing.T) {
	t.Parallel()
	for _, stays := range []bool{false, true} {
		t.Run(fmt.Sprint(stays), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Now = func() time.Time { return b.clock.now().Add(-24 * time.Hour) }
			items := b.updates(1, 11)
			for i, item := range items {
				b.edit(item.User, "account_valid_from", b.clock.now().Add(-time.Hour))
				b.edit(item.User, "disabled", true)
				items[i] = b.updateOf(i+1, item.User, userimport.Record{"email": emailOf(i + 1), "name": "New name", "disabled": false})
			}
			b.mishap = func(n int, p post) mishap {
				for _, record := range p.records {
					if stays {
						delete(record, "disabled") // it is not heeded
					}
				}
				return mishap{lose: n == 2}
			}
			want := outcomes{userimport.Updated: 11}
			if stays {
				want = outcomes{userimport.Updated: 10, userimport.Conflict: 1}
			}
			all := b.mustRun(t, items)
			wantOutcomes(t, all, want)
			details := strings.Join(all.results[1].Details, "|")
			if said := details == "disabled: asked for false, has true"; said != stays {
				t.Errorf("row 1: %q", details)
			}
			if len(b.posts) != 2 {
				t.Errorf("%d posts", len(b.posts))
			}
		})
	}
}

// What the row says counts, rather than what was sent of it: parts that are sent to
// be kept, and flags that are not sent as the user has them.
func TestRowsAreHeldAgainstUsersAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			items := b.updates(1, 11)
			row := &items[10]
			b.edit(row.User, "address", map[string]any{"country": "DE", "locality": "Berlin"})
			b.edit(row.User, "disabled", true)
			*row = b.updateOf(11, row.User, userimport.Record{
				"email": emailOf(11), "name": "New name", "disabled": true, "address": map[string]any{"country": "HK"},
			})
			row.Sent = userimport.Record{"email": emailOf(11), "name": "New name", "address": map[string]any{"country": "HK", "locality": "Berlin"}}
			b.mishap = second(mishap{lose: lost})
			b.after = func(record map[string]any, _ *adminapi.ImportDetail) {
				if record["email"] == emailOf(11) {
					b.edit(row.User, "address", map[string]any{"country": "HK", "locality": "Central"})
					b.edit(row.User, "disabled", lost)
				}
			}
			result := b.mustRun(t, items).results[11]
			want := ""
			if !lost {
				want = "disabled: asked for true, has false"
			}
			if result.Outcome != userimport.Updated || strings.Join(result.Details, "|") != want || result.ReadBack != lost {
				t.Errorf("%+v", result)
			}
			if _, has := b.posts[1].records[0]["disabled"]; has {
				t.Error("sent was what the user has")
			}
		})
	}
}

// A verified flag is passed over where the row gives its login ID to the user for
// the first time, in another spelling than Authgear keeps. The update was carried
// out all the same.
func TestFlagThatWasPassedOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 11)
	id := items[10].User
	items[10] = b.updateOf(11, id, userimport.Record{
		"email": emailOf(11), "name": "Person 11", "phone_number": "+852-98000001", "phone_number_verified": true,
	})
	b.lostUpdate(false, func() {
		identities, _ := b.users[id].Get(field("identities")).([]any)
		b.edit(id, "identities", append(slices.Clone(identities), map[string]any{
			"type":     "login_id",
			"login_id": map[string]any{"key": "phone", "type": "phone"},
			"claims":   map[string]any{"phone_number": "+85298000001"},
		}))
	})
	result := b.mustRun(t, items).results[11]
	if result.Outcome != userimport.Updated || !slices.Equal(result.Details, []string{"phone_number_verified: asked for true, has false"}) {
		t.Errorf("%+v", result)
	}
}
