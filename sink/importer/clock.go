package importer

import "time"

// skew is how far apart a user's time of creation and the time of our POST may be
// the wrong way round: a server of several machines has several clocks, and ours of
// theirs is exact to a second.
const skew = 2 * time.Minute

// jobMemory is how long the server remembers a job.
const jobMemory = 24 * time.Hour

// serverTime is what the server's clock says now. The rows were looked up before,
// so that it is known from the first POST on.
func (im *Importer) serverTime() time.Time { return im.cfg.Client.ServerTime() }
