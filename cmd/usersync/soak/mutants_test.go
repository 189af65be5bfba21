package soak_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	usersync "usersync/sync"
)

// What the schedules promise is worth something only if the usual mistakes break
// it. The engine leaves none of its precautions out, so what stands between it
// and the source makes the precaution say what it would not have been asked.

// A witness remembers who was yielded in a run: the engine's controls are among
// them, and whoever it deletes is not.
type witness struct {
	usersync.Follower

	mu      sync.Mutex
	yielded map[usersync.ID]*usersync.User
	lookup  func(ctx context.Context, w *witness, ids []usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error)
}

func disguised(lookup func(context.Context, *witness, []usersync.ID, usersync.FieldSet) ([]*usersync.User, error)) func(usersync.Follower) usersync.Follower {
	return func(source usersync.Follower) usersync.Follower {
		return &witness{Follower: source, yielded: make(map[usersync.ID]*usersync.User), lookup: lookup}
	}
}

func (w *witness) Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return w.watch(w.Follower.Users(ctx, fields, census))
}

func (w *witness) Newcomers(ctx context.Context, since time.Time, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error] {
	return w.watch(w.Follower.Newcomers(ctx, since, fields, census))
}

func (w *witness) watch(users iter.Seq2[*usersync.User, error]) iter.Seq2[*usersync.User, error] {
	return func(yield func(*usersync.User, error) bool) {
		for u, err := range users {
			if err == nil {
				w.mu.Lock()
				w.yielded[u.ID] = u
				w.mu.Unlock()
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

func (w *witness) Lookup(ctx context.Context, ids []usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error) {
	return w.lookup(ctx, w, ids, fields)
}

// unasked answers from what was yielded, and nobody is asked for: whoever was
// not seen is gone.
func unasked(_ context.Context, w *witness, ids []usersync.ID, _ usersync.FieldSet) ([]*usersync.User, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		users[i] = w.yielded[id]
	}
	return users, nil
}

// misspelt asks the server for ids in another encoding than its own, of which
// none exists.
func misspelt(ctx context.Context, w *witness, ids []usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error) {
	spelt := slices.Clone(ids)
	for i := range spelt {
		slices.Reverse(spelt[i][:])
	}
	return w.Follower.Lookup(ctx, spelt, fields)
}

// misspeltWithoutControls is misspelt, and the controls come back all the same,
// as if none had been in the batch.
func misspeltWithoutControls(ctx context.Context, w *witness, ids []usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error) {
	users, err := misspelt(ctx, w, ids, fields)
	if err != nil {
		return nil, err
	}
	controls, err := unasked(ctx, w, ids, fields)
	for i := range users {
		if users[i] == nil {
			users[i] = controls[i]
		}
	}
	return users, err
}

func TestUsualMistakesAreCaught(t *testing.T) {
	t.Parallel()
	drawn := rapid.Custom(drawSchedule)
	for name, lookup := range map[string]func(context.Context, *witness, []usersync.ID, usersync.FieldSet) ([]*usersync.User, error){
		"deletion without confirmation":                     unasked,
		"controls left out, and ids encoded in another way": misspeltWithoutControls,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newHome := newCSVHome(t)
			for i := range 2000 {
				s := drawn.Example(i)
				for run := range s.modes { // an incremental run would show nothing of sweeps
					s.modes[run] = usersync.ModeFull
				}
				p, err := s.play(t.Context(), newHome(), disguised(lookup))
				if errors.Is(err, errDeleted) {
					if p.complete() {
						t.Errorf("schedule %d: a complete sweep missed somebody: %v", i, err)
					}
					t.Logf("caught by schedule %d: %v", i, err)
					return
				}
				if err != nil && !errors.Is(err, errUnequal) && !errors.Is(err, errRestless) {
					t.Fatal(err)
				}
			}
			t.Error("not caught")
		})
	}
}

// With its controls in place, a run whose ids mean nothing to the server deletes
// nobody at all.
func TestControlsGuardAgainstIDsThatMeanNothing(t *testing.T) {
	t.Parallel()
	newHome := newCSVHome(t)
	drawn := rapid.Custom(drawSchedule)
	deletable := 0
	for i := range 10 {
		s := drawn.Example(i)
		home := newHome()
		p := &play{plan: s, home: home, disguise: disguised(misspelt)}
		var err error
		if p.town, err = newTown(s); err != nil {
			t.Fatal(err)
		}
		p.mustRun(t)
		before, err := home.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.day(30)
		if p.Project().Len() == 0 {
			continue // an empty project has nobody to ask for, and must be allowed
		}
		p.mustRun(t)
		after, err := home.read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for id := range before {
			if after[id] == nil {
				t.Errorf("schedule %d: %s was deleted", i, id)
			}
			if _, exists := p.Project().Get(id.String()); !exists {
				deletable++
			}
		}
	}
	if deletable == 0 {
		t.Error("nobody could have been deleted, so this shows nothing")
	}
}

func (p *play) mustRun(t *testing.T) {
	t.Helper()
	if _, err := p.run(t.Context(), usersync.ModeFull); err != nil {
		t.Fatal(err)
	}
}
