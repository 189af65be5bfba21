package importer_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"usersync/adminapi"
	"usersync/sink/importer"
	"usersync/sync/userimport"
)

// A process can be killed at a write to its journal. What it does from then on
// reaches neither the disk nor the server nor those who are told.
type process struct {
	mutex sync.Mutex
	left  int  // writes until it is killed; negative is never
	share int  // of the last write, in hundredths, that gets to the disk
	dead  bool // it was killed
}

var errKilled = errors.New("killed")

func (p *process) alive() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.dead {
		return errKilled
	}
	return nil
}

// A mortalFile is the journal of a process.
type mortalFile struct {
	importer.LogFile
	process *process
}

func (f mortalFile) Write(line []byte) (int, error) {
	f.process.mutex.Lock()
	defer f.process.mutex.Unlock()
	switch {
	case f.process.dead:
		return 0, errKilled
	case f.process.left == 0:
		f.process.dead = true
		if _, err := f.LogFile.Write(line[:len(line)*f.process.share/100]); err != nil {
			return 0, err
		}
		return 0, errKilled
	}
	f.process.left--
	return f.LogFile.Write(line)
}

func (f mortalFile) Sync() error { return nil } // the machine goes on

// A mortalClient speaks for a process.
type mortalClient struct {
	importer.Client
	process *process
}

func (c mortalClient) ImportUsers(ctx context.Context, request adminapi.ImportRequest) (*adminapi.ImportJob, error) {
	if err := c.process.alive(); err != nil {
		return nil, err
	}
	return c.Client.ImportUsers(ctx, request)
}

func (c mortalClient) ImportJob(ctx context.Context, id string) (*adminapi.ImportJob, error) {
	if err := c.process.alive(); err != nil {
		return nil, err
	}
	return c.Client.ImportJob(ctx, id)
}

// live runs an import in a process that may be killed, and says whether it was.
func (b *bench) live(t testing.TB, items []userimport.Item, p *process) (all *told, killed bool, err error) {
	t.Helper()
	all = &told{results: make(map[int]userimport.Result)}
	cfg := b.cfg
	cfg.Client = mortalClient{b.cfg.Client, p}
	cfg.Emit = func(result userimport.Result) error {
		if p.alive() == nil {
			return all.put(result)
		}
		return nil
	}
	cfg.WriteTo(func(path string) (importer.LogFile, error) {
		file, err := importer.OpenOnDisk(path)
		return mortalFile{file, p}, err
	})
	im, err := importer.Open(t.Context(), cfg)
	if err == nil {
		err = feed(t.Context(), im, items, all)
		killed = p.alive() != nil
		if closeErr := im.Close(); closeErr != nil && !errors.Is(closeErr, errKilled) {
			t.Error(closeErr)
		}
		return all, killed, err
	}
	return all, p.alive() != nil, err
}

// Killed at any write to the journal, before it, in the middle of it or just
// after, the import goes on: nobody is doubled, nobody is missing.
func TestKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mishap{"all well": {}, "lost": {lose: true}, "lost and undone": {lose: true, undone: true}, "stuck": {stuck: 20}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for write, more := 0, true; more; write++ {
				for _, share := range []int{0, 50, 100} {
					b := newBench(t)
					items := append(creates(60), b.updates(61, 40)...)
					b.mishap = second(m)
					p := &process{left: write, share: share}
					all, killed, err := b.live(t, items, p)
					if more = killed; killed {
						all, _, err = b.live(t, items, &process{left: -1})
					}
					if err != nil {
						t.Fatal(err)
					}
					wantOutcomes(t, all, outcomes{userimport.Created: 60, userimport.Updated: 40})
					b.wantPeople(t, items)
					if t.Failed() {
						t.Fatalf("killed at write %d after %d%%", write, share)
					}
				}
			}
		})
	}
}

// Whatever goes wrong and however often the program is killed, every row comes
// to one result, nobody exists twice, and what results say is so.
func TestRandomFaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(t)
		b.cfg.Jobs = rapid.IntRange(1, 3).Draw(r, "jobs")
		newPeople := rapid.IntRange(0, 350).Draw(r, "new people")
		items := append(creates(newPeople), b.updates(newPeople+1, rapid.IntRange(1, 250).Draw(r, "others"))...)
		wrong, deadly := make(map[int]bool), make(map[string]bool)
		for range rapid.IntRange(0, 3).Draw(r, "wrong rows") {
			row := rapid.IntRange(11, len(items)+11).Draw(r, "wrong row")
			if row <= newPeople {
				items[row-1] = itemOf(row, userimport.Record{"email": emailOf(row), "name": "wrong"})
				wrong[row] = true
			}
		}
		for range rapid.IntRange(0, 2).Draw(r, "deadly rows") {
			deadly[emailOf(rapid.IntRange(11, len(items)+11).Draw(r, "deadly row"))] = true
		}
		b.kills = func(record map[string]any) bool { return deadly[record["email"].(string)] }
		mishaps := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) mishap {
			return mishap{
				lose: rapid.IntRange(0, 3).Draw(r, "lose") == 0, undone: rapid.Bool().Draw(r, "undone"),
				stuck:  max(0, rapid.IntRange(-300, 120).Draw(r, "stuck")),
				forget: rapid.IntRange(0, 5).Draw(r, "forget") == 0,
			}
		}), 1, 12).Draw(r, "mishaps")
		// Jobs come in any order, so what goes wrong depends on what is in them.
		seen := make(map[string]int)
		b.mishap = func(n int, p post) mishap {
			seen[p.emails[0]]++
			if seen[p.emails[0]] > 3 || n > 25 {
				return mishap{}
			}
			return mishaps[(len(p.emails)*31+seen[p.emails[0]])%len(mishaps)]
		}
		kills := rapid.SliceOfN(rapid.IntRange(0, 12), 0, 4).Draw(r, "kills")
		share := rapid.IntRange(0, 100).Draw(r, "share")
		var all *told
		for run, done := 0, false; !done; run++ {
			p := &process{left: -1, share: share}
			if run < len(kills) {
				p.left = kills[run]
			}
			var killed bool
			var err error
			all, killed, err = b.live(t, items, p)
			counts := all.outcomes()
			done = !killed && err == nil && counts[userimport.Unknown]+counts[userimport.NotSent] == 0
			if run == len(kills)+30 {
				r.Fatalf("not done after %d runs: %v, %v", run, counts, err)
			}
		}
		for _, item := range items {
			email := item.Record["email"].(string)
			result, has := all.results[item.Row]
			id, exists := b.owners[email]
			exact := exists && b.made[email] == 1 && b.users[id].Get(field("name")) == item.Record["name"]
			want := userimport.Created
			switch {
			case deadly[email]:
				want = userimport.Rejected
			case wrong[item.Row]:
				want = userimport.Failed
			case item.Update:
				want = userimport.Updated
			}
			if !has || result.Outcome != want || result.Outcome.Clean() && (!exact || result.User != id) {
				r.Errorf("row %d is %+v, want it %s; exists %v, made %d times", item.Row, result, want, exists, b.made[email])
			}
		}
		if len(all.results) != len(items) {
			r.Errorf("%d results of %d rows", len(all.results), len(items))
		}
	})
}
