package source

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// A mistaken pager spoils what a sweep is told, as if the sweep had understood
// it wrongly.
type mistakenPager struct {
	pager

	mistake func(*adminapi.UserPage)
}

func (p mistakenPager) Users(ctx context.Context, q adminapi.UsersQuery) (*adminapi.UserPage, error) {
	page, err := p.pager.Users(ctx, q)
	if err == nil {
		p.mistake(page)
	}
	return page, err
}

// What the property tests promise is worth something only if sweeps with the
// usual mistakes break it. Each of these must be caught within 2,000 schedules.
func TestUsualMistakesAreCaught(t *testing.T) {
	t.Parallel()
	lied := func(got outcome) bool { return got.Complete && len(got.missed) > 0 }
	tests := map[string]struct {
		prepare func(*hostileProject)
		mistake func(*sweep)
		caught  func(outcome) bool
	}{
		"pages without overlap": {
			// They meet at a moment of which nothing is proven: where nobody
			// shares one, overlapping pages need no gap rounds.
			prepare: func(p *hostileProject) { p.calm, p.lies, p.moments = 0, 0, 1_000_000_000 },
			mistake: func(s *sweep) { s.overlap = 0 },
			caught:  func(got outcome) bool { return got.Rounds > 0 },
		},
		"pages without overlap, and no gap seen where they touch": {
			// Which is to read every position once and be content.
			prepare: func(p *hostileProject) { p.read = readOnce },
			mistake: func(s *sweep) { s.overlap = 0 },
			caught: func(got outcome) bool {
				onlyPoints := !slices.ContainsFunc(got.Gaps, func(g usersync.Gap) bool { return !g.From.Equal(g.Until) })
				return onlyPoints && len(got.missed) > 0
			},
		},
		"complete because the counts agree": {
			caught: func(got outcome) bool { return len(got.yielded) >= got.TotalEnd && len(got.missed) > 0 },
		},
		"few edges taken for the end of the list": {
			mistake: func(s *sweep) {
				s.pager = mistakenPager{s.pager, func(page *adminapi.UserPage) {
					page.HasNextPage = len(page.Edges) == s.size
				}}
			},
			caught: lied,
		},
		"holes overlooked": {
			mistake: func(s *sweep) {
				s.pager = mistakenPager{s.pager, func(page *adminapi.UserPage) {
					if len(page.Edges) == 0 || page.Edges[0].Node == nil {
						return
					}
					first, err := adminapi.ParseOffsetCursor(page.Edges[0].Cursor)
					if err != nil {
						return
					}
					var closed []adminapi.UserEdge
					for _, edge := range page.Edges {
						if edge.Node != nil {
							edge.Cursor = adminapi.OffsetCursor(first + len(closed))
							closed = append(closed, edge)
						}
					}
					page.Edges = closed
				}}
			},
			caught: lied,
		},
	}
	schedules := rapid.Custom(drawSchedule)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range 2000 {
				s := schedules.Example(i)
				if test.prepare != nil {
					test.prepare(s.project)
				}
				got := sweepProject(t, s.project, s.users, func(sweep *sweep) {
					sweep.workers = s.workers
					if test.mistake != nil {
						test.mistake(sweep)
					}
				})
				if got.err == nil && test.caught(got) {
					t.Logf("caught by schedule %d", i)
					return
				}
			}
			t.Error("not caught")
		})
	}
}

// readOnce is a sweep that closes no gaps.
func readOnce(ctx context.Context, s *sweep) error {
	*s.census = usersync.Census{TotalStart: -1, TotalEnd: -1}
	s.recent = make(map[string]struct{})
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.mainPass(ctx); err != nil {
		return err
	}
	s.judge(ctx)
	return nil
}
