package source

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// closeGaps reads again what lies in the gaps that the main pass left: where
// people were deleted above, so that others moved up past the page that was to
// show them; where a page has a hole; and where so many were created at the same
// time that a page ended among them.
func (s *sweep) closeGaps(ctx context.Context) error {
	for s.census.Rounds < gapRounds {
		gaps := s.cover.gaps()
		if len(gaps) == 0 || s.budget == 0 {
			return nil
		}
		s.census.Rounds++
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(s.workers)
		for _, g := range gaps {
			group.Go(func() error { return s.closeGap(ctx, g) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// closeGap reads from above a gap to below it, once. It steps back from where
// the gap was last seen, in growing steps, until a page begins above it, and
// reads on from there. What it cannot close, the next round finds.
func (s *sweep) closeGap(ctx context.Context, g gap) error {
	page, spent, err := s.visit(ctx, g.next)
	for back := s.stride / 2; err == nil && !spent && !page.beginsAbove(g); back *= 2 {
		page, spent, err = s.visit(ctx, max(0, g.next-back))
	}
	for err == nil && !spent && !page.endsBelow(g) {
		page, spent, err = s.visit(ctx, page.start+s.stride)
	}
	return err
}
