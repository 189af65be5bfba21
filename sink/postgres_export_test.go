package sink

import "context"

// Tire makes the mirror's heartbeat due, as ten seconds would.
func Tire(p *Postgres) { p.run.beaten = p.run.beaten.Add(-beatPause) }

// GiveUpLock loses the mirror's lock and keeps the session, as nothing should.
func GiveUpLock(ctx context.Context, p *Postgres) error { return p.unlock(ctx) }
