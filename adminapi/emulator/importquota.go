package emulator

import "time"

// importQuota is how many records may still be imported in a period.
type importQuota struct {
	limit  int
	period string // day or month; "" is no quota
	used   int
	until  time.Time // when used begins anew
}

// SetImportQuota lets n records be imported a period, "day" or "month" in UTC,
// counted from now on; the period "" lifts it. A POST that would exceed what is
// left is refused as a whole, and consumes nothing of it.
func (s *Server) SetImportQuota(n int, period string) {
	s.imports.set(func(q *importQueue) { q.quota = importQuota{limit: n, period: period} })
}

// reserve takes n records off the quota, or refuses.
func (q *importQuota) reserve(n int, now time.Time) error {
	if q.period == "" {
		return nil
	}
	if !now.Before(q.until) {
		q.used, q.until = 0, q.end(now)
	}
	if q.used+n > q.limit {
		return &apiError{
			Name: "TooManyRequest", Reason: "UsageLimitExceeded", Message: "usage limit exceeded",
			Info: map[string]any{"name": "UserImport", "usage_name": "user_import", "period": q.period},
		}
	}
	q.used += n
	return nil
}

// end is when the period ends that now is in.
func (q *importQuota) end(now time.Time) time.Time {
	year, month, day := now.UTC().Date()
	if q.period == "month" {
		return time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
}
