package adminapi

import (
	"net/http"
	"sync/atomic"
	"time"
)

// serverClock is how far the server's clock is ahead of this machine's, as its
// last good answer told. A gateway that answers in its stead has a clock of its own.
type serverClock struct{ ahead atomic.Int64 } // a time.Duration

func (s *serverClock) learn(header http.Header, ours time.Time) {
	if theirs := dateOf(header); !theirs.IsZero() {
		s.ahead.Store(int64(theirs.Sub(ours)))
	}
}

// ServerTime is what the server's clock says now, as far as its answers told: to
// about a second, as they tell whole ones, and behind rather than ahead. Before the
// first answer it is this machine's time.
func (c *Client) ServerTime() time.Time {
	return c.now().Add(time.Duration(c.clock.ahead.Load()))
}
