package source

import (
	"math"
	"slices"
	"time"
)

// A moment is a time of creation in whole microseconds since 1970, which is what
// Authgear's database holds. Two more stand for the ends of the line.
type moment int64

const (
	beforeAll moment = math.MinInt64
	afterAll  moment = math.MaxInt64
)

// momentOf rounds down where a server is more precise than its database was.
// That only ever narrows what is taken as proven: a span that ends between two
// such times ends, rounded, at or beside both of them.
func momentOf(t time.Time) moment { return moment(t.UnixMicro()) }

// time is zero for both ends of the line.
func (m moment) time() time.Time {
	if m == beforeAll || m == afterAll {
		return time.Time{}
	}
	return time.UnixMicro(int64(m)).UTC()
}

// A span is an open interval of times of creation, and says that everyone who
// was created strictly between its ends, and existed when some page was read,
// is on that page.
type span struct {
	low, high moment
	// next is a position in the server's list at which to look for what lies
	// below. The cover passes it on and does not read it.
	next int
}

// A gap is a closed interval of times of creation of which nothing is proven.
type gap struct {
	low, high moment
	next      int // where to look, from the span above; 0 without one
}

// A cover is what the spans of all pages prove together. The zero cover proves
// nothing. It stays small: spans that overlap become one.
type cover struct {
	spans []span // no two overlap; the newest first
}

// add takes one more span in. Spans that merely touch stay apart, because the
// point between them belongs to neither.
func (c *cover) add(s span) {
	if s.low >= s.high {
		return
	}
	apart := c.spans[:0]
	for _, other := range c.spans {
		if other.low >= s.high || other.high <= s.low {
			apart = append(apart, other)
			continue
		}
		s.high = max(s.high, other.high)
		if other.low < s.low {
			s.low, s.next = other.low, other.next
		}
	}
	at, _ := slices.BinarySearchFunc(apart, s.low, func(other span, low moment) int {
		if other.low > low {
			return -1
		}
		return 1
	})
	c.spans = slices.Insert(apart, at, s)
}

// gaps is what remains to be proven, the newest first; nothing when the cover
// is the whole line.
func (c *cover) gaps() []gap {
	var gaps []gap
	open := gap{high: afterAll}
	for _, s := range c.spans {
		if s.high != afterAll {
			open.low = s.high
			gaps = append(gaps, open)
		}
		open = gap{high: s.low, next: s.next}
	}
	if open.high != beforeAll {
		open.low = beforeAll
		gaps = append(gaps, open)
	}
	return gaps
}
