package emulator

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// sequence is an order of users in which equal keys have no order among
// themselves: PostgreSQL may return them differently in every query.
type sequence struct {
	len int
	at  func(i int) (*record, int64) // the key decides what is equal
}

// listing is one SELECT of a page of users: their ids, at one instant. It
// needs mu for writing, as it counts queries and may build an order.
func (s *store) listing(order userOrder, offset, limit int) []uuid {
	seq := s.sequenceOf(order)
	query := s.nextQuery()
	records := seq.page(offset, limit, query)
	ids := make([]uuid, len(records))
	for i, r := range records {
		ids[i] = r.id
	}
	return ids
}

// nextQuery numbers the queries of lists, whose ties come in another order
// each time; 0 means that ties keep theirs.
func (s *store) nextQuery() uint64 {
	if s.stableTies {
		return 0
	}
	s.queries++
	return s.queries
}

// userOrder is the argument pair sortBy and sortDirection.
type userOrder struct {
	byLogin   bool
	ascending bool
}

func (s *store) sequenceOf(o userOrder) sequence {
	if o.byLogin {
		return s.loginSequence(o.ascending)
	}
	n := len(s.order)
	return sequence{len: n, at: func(i int) (*record, int64) {
		if !o.ascending {
			i = n - 1 - i
		}
		return s.order[i], s.order[i].created
	}}
}

// loginSequence orders by the login before the last one, those without any at
// the end in both directions.
func (s *store) loginSequence(ascending bool) sequence {
	key := func(r *record) int64 {
		if t := r.load().PreviousLoginAt; t != nil {
			return t.UnixMicro()
		}
		return noLogin
	}
	if s.loginOrder == nil {
		s.loginOrder = slices.Clone(s.order)
		slices.SortStableFunc(s.loginOrder, func(a, b *record) int { return cmp.Compare(key(a), key(b)) })
	}
	order := s.loginOrder
	some, _ := slices.BinarySearchFunc(order, noLogin, func(r *record, k int64) int { return cmp.Compare(key(r), k) })
	return sequence{len: len(order), at: func(i int) (*record, int64) {
		if !ascending && i < some {
			i = some - 1 - i
		}
		return order[i], key(order[i])
	}}
}

// noLogin sorts behind every time.
const noLogin int64 = math.MaxInt64

// page returns the records at the positions [offset, offset+limit). Runs of
// equal keys are shuffled as a whole, by the query's number, so that a run that
// reaches over the page's edge shows members that another query would show on
// the next page. Query 0 does not shuffle.
func (q sequence) page(offset, limit int, query uint64) []*record {
	if offset >= q.len || limit <= 0 {
		return nil
	}
	end := min(q.len, offset+limit)
	out := make([]*record, 0, end-offset)
	for i := offset; i < end; {
		from, run := q.run(i)
		if len(run) > 1 && query > 0 {
			_, key := q.at(i)
			shuffle := rand.New(rand.NewPCG(query, uint64(key)))
			shuffle.Shuffle(len(run), func(a, b int) { run[a], run[b] = run[b], run[a] })
		}
		members := run[i-from : min(len(run), end-from)]
		out = append(out, members...)
		i += len(members)
	}
	return out
}

// run returns the records whose keys equal the one at i, and where they begin.
func (q sequence) run(i int) (from int, members []*record) {
	_, key := q.at(i)
	same := func(j int) bool {
		_, k := q.at(j)
		return k == key
	}
	from = i
	for from > 0 && same(from-1) {
		from--
	}
	for j := from; j < q.len && same(j); j++ {
		r, _ := q.at(j)
		members = append(members, r)
	}
	return from, members
}
