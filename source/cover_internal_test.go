package source

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A point is proven exactly when it lies strictly inside one of the spans, and
// otherwise in exactly one gap.
func TestCoverIsTheUnionOfItsSpans(t *testing.T) {
	t.Parallel()
	const end = 40
	rapid.Check(t, func(t *rapid.T) {
		ends := rapid.OneOf(rapid.Just(beforeAll), rapid.Just(afterAll), rapid.Map(rapid.Int64Range(1, end-1), func(n int64) moment { return moment(n) }))
		var added []span
		var c cover
		for i := range rapid.IntRange(0, 30).Draw(t, "spans") {
			s := span{low: ends.Draw(t, "low"), high: ends.Draw(t, "high"), next: i}
			if rapid.Bool().Draw(t, "sorted") {
				s.low, s.high = min(s.low, s.high), max(s.low, s.high)
			}
			added = append(added, s)
			c.add(s)
		}
		gaps := c.gaps()
		for point := moment(0); point <= end; point++ {
			proven := slices.ContainsFunc(added, func(s span) bool { return s.low < point && point < s.high })
			in := 0
			for _, g := range gaps {
				if g.low <= point && point <= g.high {
					in++
				}
			}
			if proven && in != 0 || !proven && in != 1 {
				t.Fatalf("%d: proven %v, in %d gaps of %v after %v", point, proven, in, gaps, added)
			}
		}
		for i, g := range gaps {
			if g.low > g.high || i > 0 && gaps[i-1].low <= g.high {
				t.Fatalf("gaps out of order: %v", gaps)
			}
		}
	})
}

// Where to look for a gap comes from the span that ends at it, the latest one if
// there are several.
func TestCoverKeepsWhereToLook(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spans []span
		want  []gap
	}{
		"nothing":      {nil, []gap{{beforeAll, afterAll, 0}}},
		"empty spans":  {[]span{{5, 5, 1}, {6, 3, 2}}, []gap{{beforeAll, afterAll, 0}}},
		"whole":        {[]span{{beforeAll, afterAll, 1}}, nil},
		"the lowest":   {[]span{{5, afterAll, 1}, {3, 6, 2}}, []gap{{beforeAll, 3, 2}}},
		"inside":       {[]span{{3, afterAll, 1}, {5, 6, 2}}, []gap{{beforeAll, 3, 1}}},
		"same end":     {[]span{{3, afterAll, 1}, {3, 6, 2}}, []gap{{beforeAll, 3, 2}}},
		"touching":     {[]span{{5, afterAll, 1}, {beforeAll, 5, 2}}, []gap{{5, 5, 1}}},
		"bridged":      {[]span{{5, afterAll, 1}, {beforeAll, 5, 2}, {4, 6, 3}}, nil},
		"top missing":  {[]span{{beforeAll, 5, 1}}, []gap{{5, afterAll, 0}}},
		"several gaps": {[]span{{2, 4, 7}, {8, 9, 8}}, []gap{{9, afterAll, 0}, {4, 8, 8}, {beforeAll, 2, 7}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c cover
			for _, s := range test.spans {
				c.add(s)
			}
			if got := c.gaps(); !slices.Equal(got, test.want) {
				t.Errorf("gaps are %v, want %v", got, test.want)
			}
		})
	}
}
