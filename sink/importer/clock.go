package importer

import "time"

// skew is how far apart a user's time of creation and ours of a POST may be the
// wrong way round: the clocks are not the same one.
const skew = 2 * time.Minute

// A clock is the server's, as far as its answers tell.
type clock struct{ ahead time.Duration }

// learn takes note of the server's time at an instant of ours.
func (c *clock) learn(theirs, ours time.Time) {
	if !theirs.IsZero() {
		c.ahead = theirs.Sub(ours)
	}
}

// serverTime is what the server's clock says now.
func (im *Importer) serverTime() time.Time {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	return im.cfg.Now().Add(im.clock.ahead)
}
