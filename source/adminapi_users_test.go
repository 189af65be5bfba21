package source_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	usersync "usersync/sync"
)

// plainNodes are users with nothing but an id and a time of creation, a second
// apart, the first the newest.
func plainNodes(count int) []json.RawMessage {
	nodes := make([]json.RawMessage, count)
	for i := range nodes {
		id := base64.RawURLEncoding.EncodeToString([]byte("User:" + plainID(i).String()))
		created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(-time.Duration(i) * time.Second)
		nodes[i] = json.RawMessage(fmt.Sprintf(`{"id":%q,"createdAt":%q}`, id, created.Format(time.RFC3339)))
	}
	return nodes
}

func plainID(i int) usersync.ID {
	return usersync.ID{0: byte(i >> 16), 1: byte(i >> 8), 2: byte(i), 15: 1}
}

// onlyCreation asks for as little as can be.
func onlyCreation(t *testing.T) usersync.FieldSet {
	t.Helper()
	fields, err := usersync.ParseFields([]string{"created_at"})
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestAdminAPIYieldsEveryone(t *testing.T) {
	t.Parallel()
	for _, count := range []int{0, 1, 99, 100, 101, 1234} {
		server := newCannedServer(t, plainNodes(count))
		from := readFrom(t, server, 4)
		users, census := readAll(t, from, onlyCreation(t))
		if len(users) != count || !census.Complete || census.TotalStart != count || census.TotalEnd != count {
			t.Errorf("%d of %d users: %+v", len(users), count, census)
		}
		requests, retries := from.Traffic()
		if requests != server.requests.Load() || requests != int64(census.Pages) || retries != 0 {
			t.Errorf("%d requests and %d retries for %d pages", requests, retries, census.Pages)
		}
	}
}

// What a set of fields does not need is not asked for: some of it is dear.
func TestAdminAPIAsksForNoMore(t *testing.T) {
	t.Parallel()
	all := usersync.AllFields()
	everything := make(map[string]bool)
	for f := range all.All() {
		everything[f.From] = true
	}
	for f := range all.All() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			server := newCannedServer(t, []json.RawMessage{json.RawMessage(richUser)})
			users, _ := readAll(t, readFrom(t, server, 1), usersync.FieldsNamed([]string{f.Name}))
			for _, u := range users {
				if !u.Has(f) {
					t.Errorf("%s has no value", f.Name)
				}
			}
			for _, query := range server.queries {
				asked := strings.FieldsFunc(query, func(r rune) bool { return strings.ContainsRune(" \n{}(),:", r) })
				for _, name := range asked {
					ofIdentities := f.From == "identities" && name == "updatedAt" // they have one too
					if everything[name] && name != f.From && name != "createdAt" && !ofIdentities {
						t.Errorf("%s is asked for", name)
					}
				}
			}
		})
	}
}

func TestLookupAnswersInOrder(t *testing.T) {
	t.Parallel()
	from := readFrom(t, newCannedServer(t, plainNodes(5)), 1)
	unknown := usersync.ID{1: 99}
	ids := []usersync.ID{plainID(3), unknown, plainID(0), plainID(3)}
	users, err := from.Lookup(t.Context(), ids, onlyCreation(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(users) != len(ids) {
		t.Fatalf("%d answers to %d ids", len(users), len(ids))
	}
	for i, u := range users {
		if known := ids[i] != unknown; known != (u != nil) || known && u.ID != ids[i] {
			t.Errorf("answer %d to %s is %v", i, ids[i], u)
		}
	}
}

// Errors end the iteration, as the last thing yielded.
func TestAdminAPIEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, failing := range []int64{1, 5} {
		server := newCannedServer(t, plainNodes(1000))
		server.before = func(_ *http.Request, number int64) (*http.Response, error) {
			if number >= failing {
				return nil, broken
			}
			return nil, nil
		}
		var census usersync.Census
		var last error
		count := 0
		for u, err := range readFrom(t, server, 2).Users(t.Context(), onlyCreation(t), &census) {
			if last != nil || (u == nil) != (err != nil) {
				t.Fatalf("%v and %v after the error %v", u, err, last)
			}
			last = err
			count++
		}
		if !errors.Is(last, broken) || !strings.Contains(last.Error(), "page ") || census.Complete {
			t.Errorf("%d users, then error %v with %+v", count, last, census)
		}
	}
	if _, err := readFrom(t, newCannedServer(t, nil), 1).Lookup(canceled(t), []usersync.ID{plainID(0)}, onlyCreation(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("a lookup that was cancelled says %v", err)
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// synctest fails when a goroutine outlives the loop.
func TestLeavingTheLoopStopsTheSweep(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(usersync.Source, usersync.FieldSet){
		"break": func(from usersync.Source, fields usersync.FieldSet) {
			for range from.Users(context.Background(), fields, new(usersync.Census)) { //nolint:errcheck // an iterator: the error is among what it yields
				break
			}
		},
		"panic": func(from usersync.Source, fields usersync.FieldSet) {
			defer func() {
				if recover() == nil {
					panic("the panic was swallowed")
				}
			}()
			for range from.Users(context.Background(), fields, new(usersync.Census)) { //nolint:errcheck // an iterator: the error is among what it yields
				panic("leave")
			}
		},
		"cancel": func(from usersync.Source, fields usersync.FieldSet) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var last error
			for _, err := range from.Users(ctx, fields, new(usersync.Census)) {
				cancel()
				last = err
			}
			if !errors.Is(last, context.Canceled) {
				panic(fmt.Sprintf("cancelled, and ended with %v", last))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newCannedServer(t, plainNodes(5000))
				server.before = func(r *http.Request, number int64) (*http.Response, error) {
					if number < 5 {
						return nil, nil
					}
					<-r.Context().Done() // only cancelling ends these requests
					return nil, r.Context().Err()
				}
				began := time.Now()
				leave(readFrom(t, server, 4), onlyCreation(t))
				if took := time.Since(began); took > time.Second {
					t.Errorf("it took %v", took)
				}
				if sent := server.requests.Load(); sent > 10 {
					t.Errorf("%d requests were sent", sent)
				}
			})
		})
	}
}

// A consumer that lags holds the reading up.
func TestAdminAPIReadsNoFurtherAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newCannedServer(t, plainNodes(5000))
		for range readFrom(t, server, 4).Users(t.Context(), onlyCreation(t), new(usersync.Census)) { //nolint:errcheck // an iterator: the error is among what it yields
			synctest.Wait()
			break
		}
		if sent := server.requests.Load(); sent > 6 {
			t.Errorf("%d pages were read while the first was worked on", sent)
		}
	})
}
