package source

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// A hostileProject lists its users as Authgear does, and changes before every
// request. It decides by chance, from a seed; under synctest, where requests
// take fake time, that makes a schedule that is much the same each time.
type hostileProject struct {
	seed       uint64
	size       int                                 // users a page at most
	moments    int                                 // so many different times of creation
	calm       int                                 // requests after which nothing changes any more
	churn      float64                             // how likely a change is before a request
	holes      float64                             // how likely it is that users vanish while a page is loaded
	lies       float64                             // how likely a user who exists is not loaded
	nullEdges  bool                                // holes are edges without a node rather than no edges
	positional bool                                // cursors are positions
	late       int                                 // how many of those who come are late commits, in percent
	read       func(context.Context, *sweep) error // what sweeps it, instead of run

	mu       sync.Mutex
	random   *rand.Rand
	users    []*adminapi.User // newest first
	deleted  map[string]bool  // who existed at first and does no more
	original []string
	created  int
	requests int
}

func (p *hostileProject) populate(users int) {
	p.random = rand.New(rand.NewPCG(p.seed, 1))
	p.deleted = make(map[string]bool)
	for range users {
		p.create(p.random.IntN(p.moments))
	}
	for _, u := range p.users {
		p.original = append(p.original, u.ID)
	}
}

// timeOf is a moment's time: they are a second apart.
func timeOf(moment int) time.Time { return time.Unix(1_800_000_000+int64(moment), 0) }

// create makes a user, at one of the moments; the later ones are for newcomers.
func (p *hostileProject) create(moment int) {
	p.created++
	u := &adminapi.User{ID: strconv.Itoa(p.created), CreatedAt: timeOf(moment)}
	at, _ := slices.BinarySearchFunc(p.users, u, func(other, u *adminapi.User) int {
		return cmp.Or(u.CreatedAt.Compare(other.CreatedAt), 1)
	})
	p.users = slices.Insert(p.users, at, u)
}

func (p *hostileProject) remove(from, count int) {
	for _, u := range p.users[from : from+count] {
		p.deleted[u.ID] = true
	}
	p.users = slices.Delete(p.users, from, from+count)
}

// change does one thing of the kind that ruins a sweep by positions.
func (p *hostileProject) change() {
	count := 1
	switch p.random.IntN(6) {
	case 0:
		count = 2 + p.random.IntN(p.size)
	case 1:
		count = p.size * (1 + p.random.IntN(3))
	}
	if p.random.IntN(2) == 0 {
		for range count {
			moment := p.moments + p.requests // now
			if p.random.IntN(100) < p.late {
				moment = p.random.IntN(moment)
			}
			p.create(moment)
		}
		return
	}
	if count = min(count, len(p.users)); count > 0 {
		p.remove(p.random.IntN(len(p.users)-count+1), count)
	}
}

// Users implements pager: one SELECT, and then one load of each user.
func (p *hostileProject) Users(_ context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
	start := 0
	if q.After != "" {
		after, err := p.parseCursor(q.After)
		if err != nil {
			return nil, err
		}
		start = after + 1
	}
	latency := rand.New(rand.NewPCG(p.seed, uint64(start))).Int64N(int64(time.Second))
	time.Sleep(time.Duration(latency)) //nolint:forbidigo // in a synctest bubble, where it is exact

	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	for p.requests <= p.calm && p.random.Float64() < p.churn {
		p.change()
	}
	listed := p.list(start, min(q.First, p.size))
	page := &adminapi.UserPage{HasNextPage: len(listed) == min(q.First, p.size), Date: timeOf(p.moments + p.requests)}
	if q.TotalCount {
		page.TotalCount = new(len(p.users))
	}
	for i, u := range listed {
		if p.requests <= p.calm && p.random.Float64() < p.holes {
			if at := slices.Index(p.users, u); at >= 0 {
				p.remove(at, 1+p.random.IntN(min(3, len(p.users)-at)))
			}
		}
		// A first page without anybody would not show what the cursors are.
		trusted := p.requests == 1 && !p.positional
		loaded := trusted || slices.Contains(p.users, u) && p.random.Float64() >= p.lies
		switch {
		case loaded:
			page.EndCursor = p.cursor(start + i)
			page.Edges = append(page.Edges, adminapi.UserEdge{Cursor: page.EndCursor, Node: u})
		case p.nullEdges:
			page.Edges = append(page.Edges, adminapi.UserEdge{})
		}
	}
	return page, nil
}

// list is the SELECT: those created at the same moment come in another order in
// every query.
func (p *hostileProject) list(start, count int) []*adminapi.User {
	p.random.Shuffle(len(p.users), func(i, j int) {
		if p.users[i].CreatedAt.Equal(p.users[j].CreatedAt) {
			p.users[i], p.users[j] = p.users[j], p.users[i]
		}
	})
	from := min(start, len(p.users))
	return slices.Clone(p.users[from:min(from+count, len(p.users))])
}

func (p *hostileProject) cursor(position int) string {
	if p.positional {
		return adminapi.OffsetCursor(position)
	}
	return "after:" + strconv.Itoa(position)
}

func (p *hostileProject) parseCursor(cursor string) (int, error) {
	if p.positional {
		return adminapi.ParseOffsetCursor(cursor)
	}
	return strconv.Atoi(cursor[len("after:"):])
}

// crowd is the most users of the project who share a moment.
func (p *hostileProject) crowd() int {
	most, crowd := 0, 0
	for i, u := range p.users {
		if i == 0 || !u.CreatedAt.Equal(p.users[i-1].CreatedAt) {
			crowd = 0
		}
		crowd++
		most = max(most, crowd)
	}
	return most
}

// An outcome is what a sweep of a hostile project yielded and claimed.
type outcome struct {
	usersync.Census
	yielded map[string]int
	missed  []string // who existed throughout and was not yielded
	budget  int
	err     error
}

// sweepProject sweeps a project in fake time.
func sweepProject(t *testing.T, p *hostileProject, users int, configure func(*sweep)) outcome {
	t.Helper()
	result := outcome{yielded: make(map[string]int)}
	synctest.Test(t, func(t *testing.T) {
		p.populate(users)
		var mu sync.Mutex
		s := &sweep{
			pager:   p,
			size:    p.size,
			overlap: pageOverlap,
			workers: 1,
			census:  &result.Census,
			log:     discardLogs(),
			emit: func(_ context.Context, users []*adminapi.User) error {
				mu.Lock()
				defer mu.Unlock()
				for _, u := range users {
					result.yielded[u.ID]++
				}
				return nil
			},
		}
		configure(s)
		if p.read == nil {
			p.read = func(ctx context.Context, s *sweep) error { return s.run(ctx) }
		}
		result.err = p.read(t.Context(), s)
		result.budget = 2*(result.TotalStart/s.stride+1) + spareRequests
	})
	for _, id := range p.original {
		if !p.deleted[id] && result.yielded[id] == 0 {
			result.missed = append(result.missed, id)
		}
	}
	return result
}
