package importer_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usersync/adminapi"
	"usersync/sink/importer"
	"usersync/sync/userimport"
)

// When the context ends, nothing new is sent, and what is in flight is waited
// for as long as the grace.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		grace time.Duration
		want  outcomes
	}{
		"in time":  {time.Hour, outcomes{userimport.Created: 1010, userimport.NotSent: 1990}},
		"too late": {time.Nanosecond, outcomes{userimport.Created: 10, userimport.Unknown: 1000, userimport.NotSent: 1990}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Jobs, b.cfg.Grace = 1, test.grace
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b.cfg.Wait = func(ctx context.Context, pause time.Duration) error {
				if test.grace < time.Second {
					<-ctx.Done() // ended by the grace alone
				}
				return b.clock.wait(ctx, pause)
			}
			var asked atomic.Int32
			b.asked = func(id string) error {
				if id != "userimport_1" && asked.Add(1) == 1 {
					cancel()
				}
				return nil
			}
			pending := b.pendingOnce("userimport_12")
			b.cfg.Client = pending
			items := creates(3000)
			all, err := b.run(ctx, t, items)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v", err)
			}
			wantOutcomes(t, all, test.want)
			if len(b.posts) != 2 {
				t.Errorf("%d posts", len(b.posts))
			}
			b.cfg.Wait, b.asked = b.clock.wait, nil
			wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 3000})
			b.wantPeople(t, items)
			for _, post := range b.posts[2:] {
				if slices.Contains(post.emails, emailOf(500)) {
					t.Error("what was in flight was sent again")
				}
			}
		})
	}
}

// A pendingClient says once of a job that it is pending.
type pendingClient struct {
	*server
	job  string
	told atomic.Bool
}

func (b *bench) pendingOnce(job string) *pendingClient {
	return &pendingClient{server: b.server, job: job}
}

func (c *pendingClient) ImportJob(ctx context.Context, id string) (*adminapi.ImportJob, error) {
	job, err := c.server.ImportJob(ctx, id)
	if err == nil && id == c.job && !c.told.Swap(true) {
		return &adminapi.ImportJob{ID: job.ID, CreatedAt: job.CreatedAt, Status: adminapi.ImportPending}, nil
	}
	return job, err
}

// An import that was stopped before it began sends nothing, and leaves a journal
// that binds nobody.
func TestStoppedBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	im, err := importer.Open(t.Context(), b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range map[string]error{"send": im.Send(ended, creates(1)[0]), "finish": im.Finish(ended), "send later": im.Send(t.Context(), creates(1)[0])} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := im.Close(); err != nil {
		t.Fatal(err)
	}
	b.cfg.Table = userimport.DigestOf([]byte("another"))
	wantOutcomes(t, b.mustRun(t, creates(3)), outcomes{userimport.Created: 3})
}

// An error of whoever is told ends the import at once.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	deaf := errors.New("deaf")
	cfg := b.cfg
	cfg.Emit = func(userimport.Result) error { return deaf }
	im, err := importer.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = feed(t.Context(), im, creates(100), &told{results: make(map[int]userimport.Result)})
	if !errors.Is(err, deaf) {
		t.Errorf("error %v", err)
	}
	if err := im.Close(); err != nil {
		t.Fatal(err)
	}
	if len(b.posts) != 1 {
		t.Errorf("%d posts", len(b.posts))
	}
	wantOutcomes(t, b.mustRun(t, creates(100)), outcomes{userimport.Created: 100})
}

// That nobody listens when the import stops for another reason is told as well.
func TestNobodyListensAtTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	deaf := errors.New("deaf")
	b.mishap = func(int, post) mishap {
		return refusal(http.StatusTooManyRequests, adminapi.ReasonUsageLimit, nil)
	}
	cfg := b.cfg
	cfg.Emit = func(userimport.Result) error { return deaf }
	im, err := importer.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := im.Send(t.Context(), creates(1)[0]); err != nil {
		t.Fatal(err)
	}
	err = im.Finish(t.Context())
	if _, quota := errors.AsType[*userimport.QuotaError](err); !quota || !errors.Is(err, deaf) {
		t.Errorf("error %v", err)
	}
	if err := im.Close(); err != nil {
		t.Fatal(err)
	}
}

// No more jobs are in flight than may be, and that many are.
func TestJobsInFlight(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Jobs = 3
	var flying, most atomic.Int32
	together := make(chan struct{})
	b.cfg.Client = flyingClient{b.server, func() func() {
		if n := flying.Add(1); n > most.Load() {
			most.Store(n)
			if n == 3 {
				close(together)
			}
		}
		return func() { flying.Add(-1) }
	}, together}
	items := creates(6010)
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 6010})
	if most.Load() != 3 {
		t.Errorf("%d in flight", most.Load())
	}
}

// A flyingClient holds full jobs back until three are in flight.
type flyingClient struct {
	*server
	begin    func() func()
	together chan struct{}
}

func (c flyingClient) ImportUsers(ctx context.Context, request adminapi.ImportRequest) (*adminapi.ImportJob, error) {
	if len(request.Records) == importer.MaxRows {
		end := c.begin()
		defer end()
		<-c.together
	}
	return c.server.ImportUsers(ctx, request)
}

// When the importer stops by itself, what is in flight comes to its end, even if
// whoever hands rows over gives up at once.
func TestStoppedByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Grace = time.Nanosecond
	refused := make(chan struct{})
	var once sync.Once
	b.mishap = func(n int, _ post) mishap {
		if n >= 3 {
			once.Do(func() { close(refused) })
			return refusal(http.StatusForbidden, "", nil)
		}
		return mishap{}
	}
	b.asked = func(id string) error {
		if id != "userimport_1" {
			<-refused
		}
		return nil
	}
	all := &told{results: make(map[int]userimport.Result)}
	b.cfg.Emit = all.put
	im, err := importer.Open(t.Context(), b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range creates(6000) { // more than can be in flight
		if err = im.Send(t.Context(), item); err != nil {
			break
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	finishErr := im.Finish(ended)
	if err := im.Close(); err != nil {
		t.Fatal(err)
	}
	if refusal, is := errors.AsType[*adminapi.Error](finishErr); !is || !refusal.Unauthorized() || !errors.Is(err, finishErr) {
		t.Errorf("errors %v, %v", err, finishErr)
	}
	if counts := all.outcomes(); counts[userimport.Created] != 1010 || counts[userimport.Unknown] != 0 {
		t.Errorf("outcomes %v", counts)
	}
}
