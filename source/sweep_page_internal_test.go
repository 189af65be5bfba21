package source

import (
	"slices"
	"testing"
	"time"

	"usersync/adminapi"
)

// What a page proves, for pages of five of a list in which the users' times of
// creation are so many microseconds.
func TestPagesProve(t *testing.T) {
	t.Parallel()
	const null, none = -1, -2 // an edge without a node; no edge
	tests := map[string]struct {
		start, total int
		edges        []int64
		full         bool // hasNextPage
		want         []span
	}{
		"nobody":                    {0, 0, nil, false, []span{{low: beforeAll, high: afterAll}}},
		"nobody, but counted":       {0, 1, nil, false, nil},
		"nobody, but listed":        {0, 5, nil, true, nil},
		"past the end":              {5, 5, nil, false, nil},
		"the top":                   {0, 9, []int64{9, 8, 7, 6, 5}, true, []span{{5, afterAll, 2}}},
		"within":                    {2, 9, []int64{9, 8, 7, 6, 5}, true, []span{{5, 9, 4}}},
		"the bottom":                {2, 5, []int64{9, 8, 7}, false, []span{{beforeAll, 9, 2}}},
		"all there is":              {0, 2, []int64{9, 8}, false, []span{{beforeAll, afterAll, 0}}},
		"all of one moment":         {2, 9, []int64{5, 5, 5, 5, 5}, true, []span{{5, 5, 2}}},
		"few edges of a full list":  {2, 9, []int64{9, 8, 7}, true, []span{{7, 9, 2}}},
		"full, and yet at the end":  {2, 7, []int64{9, 8, 7, 6, 5}, false, []span{{5, 9, 4}}},
		"more counted than listed":  {2, 6, []int64{9, 8, 7}, false, []span{{7, 9, 2}}},
		"null at the top":           {0, 9, []int64{null, 8, 7, 6, 5}, true, []span{{5, 8, 2}}},
		"none at the top":           {0, 9, []int64{none, 8, 7, 6, 5}, true, []span{{5, 8, 2}}},
		"null within":               {0, 9, []int64{9, 8, null, 6, 5}, true, []span{{8, afterAll, 0}, {5, 6, 2}}},
		"none within":               {0, 9, []int64{9, 8, none, 6, 5}, true, []span{{8, afterAll, 0}, {5, 6, 2}}},
		"null at the bottom":        {0, 3, []int64{9, 8, null}, false, []span{{8, afterAll, 0}}},
		"none at the bottom":        {0, 3, []int64{9, 8, none}, false, []span{{8, afterAll, 0}}},
		"nothing but nulls":         {0, 2, []int64{null, null}, false, nil},
		"a crowd at the end":        {4, 19, []int64{9, 8, 5, 5, 5}, true, []span{{5, 9, 4}}},
		"a crowd beyond an overlap": {4, 19, []int64{9, 5, 5, 5, 5}, true, []span{{5, 9, 4}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := &adminapi.UserPage{HasNextPage: test.full, TotalCount: &test.total}
			for i, created := range test.edges {
				edge := adminapi.UserEdge{Cursor: adminapi.OffsetCursor(test.start + i)}
				if created >= 0 {
					edge.Node = &adminapi.User{CreatedAt: time.UnixMicro(created)}
				}
				if created != none {
					page.Edges = append(page.Edges, edge)
				}
			}
			s, positional := readSheet(page, test.start, 5)
			const overlap, stepBack = 4, 1
			if got := s.spans(overlap, stepBack); !positional || !slices.Equal(got, test.want) {
				t.Errorf("positional %v, spans %v, want %v", positional, got, test.want)
			}
		})
	}
}
