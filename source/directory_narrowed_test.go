package source_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A clerk is a directory that finds one user for everything it is asked for.
type clerk struct {
	userimport.Directory

	mutex  sync.Mutex
	asked  map[userimport.Identifier][]string
	broken error
}

func (c *clerk) Find(_ context.Context, kind userimport.Identifier, values []string) ([]userimport.Found, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.asked == nil {
		c.asked = make(map[userimport.Identifier][]string)
	}
	c.asked[kind] = append(c.asked[kind], values...)
	found := make([]userimport.Found, len(values))
	for i := range found {
		found[i].IDs = []usersync.ID{plainID(1)}
	}
	return found, c.broken
}

// A register is a mirror of users with identities.
type register struct {
	identities []any // of each user
	reads      int
	err        error
	short      bool
}

func (r *register) Users(_ context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return func(yield func(*usersync.User, error) bool) {
		r.reads++
		field, _ := fields.Lookup("identities")
		for i, identity := range r.identities {
			user := usersync.NewUser(plainID(i + 1))
			user.Set(field, []any{identity})
			if !yield(user, nil) {
				return
			}
		}
		if r.err != nil {
			yield(nil, r.err)
		}
		census.Complete = !r.short
	}
}

func claimed(kind, claim, value string) any {
	return map[string]any{"type": kind, "claims": map[string]any{claim: value}}
}

// ask is for so many values that nobody has, and some.
func ask(t *testing.T, directory userimport.Directory, kind userimport.Identifier, strangers int, some ...string) []userimport.Found {
	t.Helper()
	values := some
	for i := range strangers {
		values = append(values, fmt.Sprintf("nobody%d", i))
	}
	found, err := directory.Find(t.Context(), kind, values)
	if err != nil || len(found) != len(values) {
		t.Fatalf("%d answers to %d questions, %v", len(found), len(values), err)
	}
	return found[:len(some)]
}

// Few are asked for as ever; of many only those whom somebody in the mirror may be,
// by whatever identity and however it is written.
func TestNarrowedAsksForFew(t *testing.T) {
	t.Parallel()
	clerk, mirror := &clerk{}, &register{identities: []any{
		claimed("login_id", "email", "ann@example.com"), claimed("oauth", "email", "Bob@Example.com"), claimed("siwe", "phone_number", "+85298765432"),
		claimed("login_id", "preferred_username", "carl"),
		map[string]any{"type": "anonymous"},
		nil,
	}}
	narrowed := source.NewNarrowed(clerk, mirror, nil)
	ask(t, narrowed, userimport.Email, 4999)
	if len(clerk.asked[userimport.Email]) != 4999 || mirror.reads > 0 {
		t.Errorf("of the first %d were asked for, and the mirror was read %d times", len(clerk.asked[userimport.Email]), mirror.reads)
	}
	clerk.asked = nil
	somebody, nobody := userimport.Found{IDs: []usersync.ID{plainID(1)}}, userimport.Found{}
	for kind, some := range map[userimport.Identifier][]string{
		userimport.Email:    {"dora@example.com", "ANN@example.com", "bob@example.com", "carl", "carl@example.com"},
		userimport.Phone:    {"+85298765432", "+852 9876 5432", "+85298765433"},
		userimport.Username: {"CARL", "ann@example.com"},
	} {
		want := map[userimport.Identifier][]userimport.Found{
			userimport.Email: {nobody, somebody, somebody, nobody, nobody}, userimport.Phone: {somebody, somebody, nobody}, userimport.Username: {somebody, nobody},
		}[kind]
		if diff := cmp.Diff(want, ask(t, narrowed, kind, 10, some...)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		for i, found := range want {
			if asked := slices.Contains(clerk.asked[kind], some[i]); asked != (len(found.IDs) > 0) {
				t.Errorf("%s: %s was asked for: %v", kind, some[i], asked)
			}
		}
	}
	if mirror.reads != 1 {
		t.Errorf("the mirror was read %d times", mirror.reads)
	}
	clerk.broken = errors.New("broken")
	if _, err := narrowed.Find(t.Context(), userimport.Username, []string{"carl"}); !errors.Is(err, clerk.broken) {
		t.Errorf("the error is %v", err)
	}
}

// A mirror that cannot be read, or not to its end, narrows nothing, and that is told.
func TestNarrowedByNothing(t *testing.T) {
	t.Parallel()
	for name, mirror := range map[string]*register{
		"it does not hold identities": {err: errors.New("it does not hold identities")},
		"not read to its end":         {identities: []any{claimed("login_id", "email", "ann@example.com")}, short: true},
	} {
		var log strings.Builder
		clerk := &clerk{}
		narrowed := source.NewNarrowed(clerk, mirror, slog.New(slog.NewTextHandler(&log, nil)))
		for range 3 {
			ask(t, narrowed, userimport.Email, 5000)
		}
		if asked := len(clerk.asked[userimport.Email]); asked != 15_000 || mirror.reads != 1 || strings.Count(log.String(), name) != 1 {
			t.Errorf("%s: %d were asked for, the mirror was read %d times, and told was %s", name, asked, mirror.reads, &log)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := source.NewNarrowed(&clerk{}, &register{err: errors.New("x")}, nil).Find(ctx, userimport.Email, make([]string, 5000)); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
