package emulator

import (
	"math/rand/v2"
	"slices"
	"time"
)

// auditQuery is what auditLogs is asked for.
type auditQuery struct {
	from, to      *time.Time // from is inclusive, to exclusive
	activities    []string   // as events; none is all
	users         []string   // ids; none is all
	anyOfNoOne    bool       // a filter by recipients: no row here has one
	ascending     bool
	offset, limit int
}

// auditPage returns one page and the number of all rows that match.
func (s *store) auditPage(q auditQuery) (page []auditRow, total int) {
	if s.noAudit {
		return nil, 0
	}
	if s.auditShown > 0 {
		if oldest := s.clock().Add(-s.auditShown); q.from == nil || q.from.Before(oldest) {
			q.from = &oldest
		}
	}
	var found []auditRow
	for _, row := range s.audit {
		if q.matches(&row) {
			found = append(found, row)
		}
	}
	slices.SortStableFunc(found, func(a, b auditRow) int {
		if q.ascending {
			return int(a.at - b.at)
		}
		return int(b.at - a.at)
	})
	if query := s.nextQuery(); query > 0 {
		shuffleSeconds(found, query)
	}
	total = len(found)
	from := min(q.offset, total)
	return found[from:min(total, from+q.limit)], total
}

func (q *auditQuery) matches(row *auditRow) bool {
	at := time.Unix(row.at, 0)
	switch {
	case q.from != nil && at.Before(*q.from), q.to != nil && !at.Before(*q.to):
		return false
	case len(q.activities) > 0 && !slices.Contains(q.activities, row.activity):
		return false
	case len(q.users) > 0:
		return slices.Contains(q.users, row.userID)
	default:
		return !q.anyOfNoOne
	}
}

// shuffleSeconds reorders the rows within each second: the log has no order
// there, and two queries need not agree.
func shuffleSeconds(rows []auditRow, query uint64) {
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j].at == rows[i].at {
			j++
		}
		run := rows[i:j]
		shuffle := rand.New(rand.NewPCG(query, uint64(rows[i].at)))
		shuffle.Shuffle(len(run), func(a, b int) { run[a], run[b] = run[b], run[a] })
		i = j
	}
}
