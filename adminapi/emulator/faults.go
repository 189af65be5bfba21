package emulator

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

// Faults says what goes wrong. Each kind has a probability from 0 (never) to 1
// (every request); the dice are seeded, so request number n meets the same
// fate in every run. Of the kinds that replace an answer, the first one drawn,
// in the order below, wins; latency comes on top.
type Faults struct {
	Seed uint64

	// Latency makes a request wait for LatencyFor before anything else.
	Latency    float64
	LatencyFor time.Duration

	// TooManyRequests is a gateway's 429 with Retry-After in whole seconds
	// (RetryAfter, rounded up); TooManyRequestsBare is one without.
	TooManyRequests     float64
	RetryAfter          time.Duration
	TooManyRequestsBare float64
	// InternalError is the server's own 500, BadGateway 502 and Unavailable 503
	// are a gateway's, in HTML. None of them carries the request out.
	InternalError float64
	BadGateway    float64
	Unavailable   float64
	// WrongContentType is a gateway's 200 with a page of HTML.
	WrongContentType float64
	// GatewayTimeout is a gateway's 504 for a request that never reached the
	// server.
	GatewayTimeout float64
	// DroppedConnection breaks the connection before any answer; half of these
	// requests have been carried out by then.
	DroppedConnection float64

	// TruncatedBody breaks the connection half-way through the answer's body.
	TruncatedBody float64
	// SlowBody takes SlowBodyFor to write the answer's body, in ten pieces.
	SlowBody    float64
	SlowBodyFor time.Duration

	// PartialData adds a GraphQL error to a query's answer and nulls a part of
	// its data: a node of users or nodes, or else a whole field. Mutations are
	// spared, as they would be rolled back.
	PartialData float64
	// NullNodes nulls the nodes of one to three edges of a page of users.
	NullNodes float64
	// MissingEdges takes one to three edges out of a page of users, as users
	// deleted between listing and loading do; hasNextPage does not change.
	MissingEdges float64

	// ImportDropped, ImportError and ImportTimeout carry the POST of an import
	// out, and then break the connection, answer the server's own 500, or a
	// gateway's 504: nobody learns the job's id. ImportHalfQueued answers 500
	// after the first half of the import's tasks (rounded up) were queued.
	ImportDropped    float64
	ImportError      float64
	ImportTimeout    float64
	ImportHalfQueued float64
	// TaskPanics and TaskKilled are drawn for each task of an import, at a
	// random record of it. A task that panics ends its part of the job with an
	// error, one that is killed is pending for ever; the records before it stay.
	TaskPanics float64
	TaskKilled float64
}

// mishaps draws and carries out faults.
type mishaps struct{ Faults }

// serve lets next answer, or does not, or spoils what it answers.
func (m *mishaps) serve(w http.ResponseWriter, r *http.Request, number uint64, next http.Handler) {
	dice := rand.New(rand.NewPCG(m.Seed, number))
	hits := func(probability float64) bool { return dice.Float64() < probability }
	if hits(m.Latency) && !sleep(r.Context(), m.LatencyFor) {
		return
	}
	for _, fault := range m.instead() {
		if hits(fault.probability) {
			fault.answer(w)
			return
		}
	}
	// Dice of their own, so that what they decide changes nothing for the others.
	more := rand.New(rand.NewPCG(m.Seed, ^number))
	if more.Float64() < m.GatewayTimeout {
		gatewayPage(w, http.StatusGatewayTimeout)
		return
	}
	dropped, carriedOut := hits(m.DroppedConnection), hits(0.5)
	if dropped && !carriedOut {
		panic(http.ErrAbortHandler)
	}
	truncated, slow := hits(m.TruncatedBody), hits(m.SlowBody)
	fate := &mishap{dice: dice, partial: hits(m.PartialData), nulls: hits(m.NullNodes), missing: hits(m.MissingEdges)}
	fate.imported = m.importFate(more)
	ctx := context.WithValue(r.Context(), mishapKey{}, fate)
	r = r.WithContext(ctx)
	if !dropped && !truncated && !slow {
		next.ServeHTTP(w, r)
		return
	}
	held := &heldResponse{header: w.Header(), status: http.StatusOK}
	next.ServeHTTP(held, r)
	switch {
	case dropped:
		panic(http.ErrAbortHandler)
	case truncated:
		held.sendHalf(w)
	default:
		held.sendSlowly(ctx, w, m.SlowBodyFor)
	}
}

// replacement is an answer given in place of the server's.
type replacement struct {
	probability float64
	answer      func(http.ResponseWriter)
}

func (m *mishaps) instead() []replacement {
	gateway := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { gatewayPage(w, status) }
	}
	return []replacement{
		{m.TooManyRequests, func(w http.ResponseWriter) {
			setRetryAfter(w, m.RetryAfter)
			gatewayPage(w, http.StatusTooManyRequests)
		}},
		{m.TooManyRequestsBare, gateway(http.StatusTooManyRequests)},
		{m.InternalError, func(w http.ResponseWriter) { writeError(w, unexpected(), trackingID(0)) }},
		{m.BadGateway, gateway(http.StatusBadGateway)},
		{m.Unavailable, gateway(http.StatusServiceUnavailable)},
		{m.WrongContentType, gateway(http.StatusOK)},
	}
}

// sleep waits, and is false when the client left first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
