package source

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// Whatever is in the log and comes while it is read: hints that are fit have
// everyone who was named when the reading began, and nobody who never was.
// Nothing but too many rows of one type in one second makes a log unfit that
// nobody writes to.
func TestEveryoneNamedIsHinted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := newHostileLog(rapid.Uint64().Draw(t, "seed"))
		activities := []string{"USER_PROFILE_UPDATED", "USER_AUTHENTICATED", "IDENTITY_EMAIL_ADDED", "EMAIL_SENT", "ADMIN_API_MUTATION_UPDATE_USER_EXECUTED"}
		span := rapid.SampledFrom([]int{3, 60, 3600, 86400}).Draw(t, "seconds")
		row := func(at time.Time) {
			activity := activities[log.random.IntN(len(activities))]
			user := usersync.ID{}
			if activity != "EMAIL_SENT" {
				user = logUser(log.random.IntN(3000))
			}
			log.add(activity, at, user)
		}
		since := logNow().Add(-time.Duration(span) * time.Second)
		for range rapid.IntRange(0, 4).Draw(t, "bursts") {
			at := since.Add(time.Duration(log.random.IntN(span)) * time.Second)
			for range rapid.IntRange(0, 400).Draw(t, "of a burst") {
				row(at.Add(time.Duration(log.random.IntN(3)) * time.Second))
			}
		}
		for range rapid.IntRange(0, 300).Draw(t, "scattered") {
			row(since.Add(time.Duration(log.random.IntN(span)) * time.Second))
		}
		churn := rapid.SampledFrom([]float64{0, 0, 0.05, 0.5}).Draw(t, "churn")
		began := slices.Clip(log.rows)
		log.before = func(request int) {
			for request > 1 && log.random.Float64() < churn {
				row(log.clock.Add(-time.Duration(log.random.IntN(20)-3) * time.Second)) // some are late
			}
		}
		hints, err := follow(t.Context(), log, since, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		limit := 12 + len(log.rows)/10
		if churn > 0 {
			limit += auditRetries * (len(activities) + 1) // a crowded second is read again as a whole
		}
		if log.requests > limit {
			t.Fatalf("%d requests for %d rows, churn %v", log.requests, len(log.rows), churn)
		}
		if hints.Unfit != "" {
			if churn == 0 && !crowded(began) {
				t.Fatalf("unfit because %s", hints.Unfit)
			}
			return
		}
		expectNamed(t, hints.IDs, began, log.rows)
		if crowded(began) {
			t.Fatal("fit with more rows in a second than can be read")
		}
	})
}

// crowded says whether some second has more than a page of rows of one type
// that names users.
func crowded(rows []adminapi.AuditLogEntry) bool {
	counts := make(map[string]int)
	for _, row := range rows {
		if row.ActivityType == "EMAIL_SENT" {
			continue
		}
		key := row.ActivityType + row.CreatedAt.String()
		if counts[key]++; counts[key] > adminapi.MaxPageSize {
			return true
		}
	}
	return false
}

// expectNamed fails unless the ids are each once, all of some rows', and only of
// others'.
func expectNamed(t *rapid.T, ids []usersync.ID, least, most []adminapi.AuditLogEntry) {
	t.Helper()
	hinted := make(map[string]bool)
	for _, id := range ids {
		if hinted[id.String()] {
			t.Fatalf("%s is hinted twice", id)
		}
		hinted[id.String()] = true
	}
	for _, row := range least {
		for _, id := range named(&row) {
			if !hinted[id] {
				t.Fatalf("%s is named at %v and not hinted", id, row.CreatedAt)
			}
		}
	}
	for _, row := range most {
		for _, id := range named(&row) {
			delete(hinted, id)
		}
	}
	if len(hinted) > 0 {
		t.Fatalf("hinted and never named: %v", hinted)
	}
}

// A day on which 100 users changed, with some four rows each, takes few requests
// however their changes are spread over the day.
func TestFewRequestsForAHundredChanges(t *testing.T) {
	t.Parallel()
	for name, within := range map[string]time.Duration{"all day": 24 * time.Hour, "an hour": time.Hour, "ten seconds": 10 * time.Second, "a second": time.Second} {
		log := newHostileLog(1)
		for user := range 100 {
			at := logNow().Add(-time.Duration(log.random.Int64N(int64(within))) - time.Second)
			for _, activity := range []string{"USER_AUTHENTICATED", "USER_PROFILE_UPDATED", "IDENTITY_EMAIL_UPDATED", "EMAIL_SENT"} {
				log.add(activity, at, logUser(user))
			}
		}
		hints, err := follow(t.Context(), log, logNow().AddDate(0, 0, -1), time.Time{})
		if err != nil || hints.Unfit != "" || len(hints.IDs) != 100 || log.requests > 12 {
			t.Errorf("%s: %d ids with %d requests, unfit %q, error %v", name, len(hints.IDs), log.requests, hints.Unfit, err)
		}
		if !hints.Watermark.Equal(logNow()) {
			t.Errorf("%s: watermark %v", name, hints.Watermark)
		}
	}
}

func TestUnfitLogs(t *testing.T) {
	t.Parallel()
	ann := logUser(1)
	at := logNow().Add(-time.Minute)
	since := logNow().Add(-time.Hour)
	for name, c := range map[string]struct {
		prepare func(*hostileLog)
		want    string // in the reason; "" for fit
	}{
		"all is well":            {func(*hostileLog) {}, ""},
		"empty":                  {func(l *hostileLog) { l.rows = nil }, "it is empty, switched off or too young"},
		"too young":              {func(l *hostileLog) { l.rows[0].CreatedAt = since.Add(time.Second) }, "it is empty, switched off or too young"},
		"just old enough":        {func(l *hostileLog) { l.rows[0].CreatedAt = since }, ""},
		"no date":                {func(l *hostileLog) { l.clock = time.Time{} }, "no date"},
		"a clock that was wrong": {func(l *hostileLog) { l.clock = since.Add(-clockSkew) }, "clock was set back"},
		"a role":                 {func(l *hostileLog) { l.add("ADMIN_API_MUTATION_UPDATE_ROLE_EXECUTED", at, ann) }, "UPDATE_ROLE_EXECUTED, which may concern anybody"},
		"the project":            {func(l *hostileLog) { l.add("PROJECT_APP_UPDATED", at, ann) }, "PROJECT_APP_UPDATED, which may concern anybody"},
		"a verified claim": {func(l *hostileLog) {
			l.add("ADMIN_API_MUTATION_SET_VERIFIED_STATUS_EXECUTED", at, usersync.ID{})
		}, "may concern anybody"},
		"an unknown event": {func(l *hostileLog) { l.add("USER_REINCARNATED", at, ann) }, `"USER_REINCARNATED", which this program does not know`},
		"before the time":  {func(l *hostileLog) { l.add("USER_REINCARNATED", since.Add(-time.Second), ann) }, ""},
		"after the time":   {func(l *hostileLog) { l.add("USER_REINCARNATED", logNow().Add(clockSkew-time.Second), ann) }, "does not know"},
		"nobody named":     {func(l *hostileLog) { l.add("USER_CREATED", at, usersync.ID{}) }, "does not say of whom"},
		"no id": {func(l *hostileLog) {
			l.add("USER_CREATED", at, ann)
			l.rows[1].UserID = "ann@example.com"
		}, "an id that is none"},
		"messages in one second": {func(l *hostileLog) {
			for range 1000 {
				l.add("EMAIL_SENT", at, usersync.ID{})
			}
			l.add("USER_CREATED", at, ann)
		}, ""},
		"101 of a type in one second": {func(l *hostileLog) {
			for range 101 {
				l.add("USER_CREATED", at, ann)
			}
		}, "101 rows of USER_CREATED in the second of 2026-01-02T03:03:05Z"},
		"more rows than users": {func(l *hostileLog) {
			l.users = 1200
			for i := range 1201 {
				l.add("USER_AUTHENTICATED", at.Add(time.Duration(-i)*time.Second), ann)
			}
		}, "1201 rows to be read, and there are 1200 users"},
		"as many rows as users": {func(l *hostileLog) {
			l.users = 1200
			for i := range 1200 {
				l.add("USER_AUTHENTICATED", at.Add(time.Duration(-i)*time.Second), ann)
			}
		}, ""},
		"always one row too few": {func(l *hostileLog) {
			for i := range 150 {
				l.add("USER_AUTHENTICATED", at.Add(time.Duration(-i)*time.Second), ann)
			}
			l.spoil = func(_ int, page *adminapi.AuditLogPage) {
				if len(page.Entries) > 60 {
					page.Entries = slices.Delete(page.Entries, 20, 21)
				}
			}
		}, "does not show as many rows as it counts"},
		"once one row too few": {func(l *hostileLog) {
			for i := range 150 {
				l.add("USER_AUTHENTICATED", at.Add(time.Duration(-i)*time.Second), ann)
			}
			l.spoil = func(request int, page *adminapi.AuditLogPage) {
				if request == 2 {
					page.Entries = slices.Delete(page.Entries, 20, 21)
				}
			}
		}, ""},
		"counted and not shown": {func(l *hostileLog) {
			l.add("USER_AUTHENTICATED", at, ann)
			l.spoil = func(_ int, page *adminapi.AuditLogPage) { page.Entries = nil }
		}, "does not show as many rows as it counts"},
		"disorder": {func(l *hostileLog) {
			l.add("USER_AUTHENTICATED", at, ann)
			l.add("USER_AUTHENTICATED", at.Add(time.Second), ann)
			l.spoil = func(_ int, page *adminapi.AuditLogPage) { slices.Reverse(page.Entries) }
		}, "not from the times, or in the order"},
		"the same row twice": {func(l *hostileLog) {
			l.add("USER_AUTHENTICATED", at, ann)
			l.rows = append(l.rows, l.rows[1])
		}, "the same row twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newHostileLog(1)
			c.prepare(log)
			hints, err := follow(t.Context(), log, since, time.Time{})
			if err != nil || (c.want == "") != (hints.Unfit == "") || !strings.Contains(hints.Unfit, c.want) {
				t.Errorf("unfit because %q, want %q; error %v", hints.Unfit, c.want, err)
			}
			if hints.Unfit != "" && hints.IDs != nil || log.requests > 40 {
				t.Errorf("%d ids after %d requests", len(hints.IDs), log.requests)
			}
		})
	}
}

type brokenLog struct{ *hostileLog }

func (l brokenLog) AuditLogs(ctx context.Context, q adminapi.AuditLogsQuery) (*adminapi.AuditLogPage, error) {
	page, err := l.hostileLog.AuditLogs(ctx, q)
	if l.requests > 1 {
		err = errors.New("broken")
	}
	return page, err
}

// What goes wrong is an error and no reason to read everybody.
func TestFollowEndsWithTheLogsError(t *testing.T) {
	t.Parallel()
	if hints, err := follow(t.Context(), brokenLog{newHostileLog(1)}, logNow(), time.Time{}); err == nil || hints.Unfit != "" {
		t.Errorf("unfit because %q, error %v", hints.Unfit, err)
	}
}

// Rows that come late, while the log is read, do not make anybody be missed.
func TestRowsThatComeWhileTheLogIsRead(t *testing.T) {
	t.Parallel()
	log := newHostileLog(1)
	since := logNow().Add(-time.Hour)
	for i := range 400 {
		log.add("USER_AUTHENTICATED", logNow().Add(time.Duration(-i)*time.Second), logUser(i))
	}
	log.before = func(request int) {
		if request == 4 { // far back, where the reading has not come to yet
			log.add("USER_AUTHENTICATED", since.Add(time.Minute), logUser(1000))
		}
	}
	hints, err := follow(t.Context(), log, since, time.Time{})
	if err != nil || hints.Unfit != "" || len(hints.IDs) != 401 {
		t.Errorf("%d ids, unfit because %q, error %v", len(hints.IDs), hints.Unfit, err)
	}
}

// A row that a page should have had and did not have is missed by nobody else.
func TestRowsThatWereNotShownAreReadAgain(t *testing.T) {
	t.Parallel()
	log := newHostileLog(1)
	for i := range 300 {
		log.add("USER_AUTHENTICATED", logNow().Add(time.Duration(-i)*time.Second), logUser(i))
	}
	log.spoil = func(request int, page *adminapi.AuditLogPage) {
		if request == 2 || request == 4 {
			page.Entries = slices.Delete(page.Entries, 20, 23)
		}
	}
	hints, err := follow(t.Context(), log, logNow().Add(-time.Hour), time.Time{})
	if err != nil || hints.Unfit != "" || len(hints.IDs) != 300 {
		t.Errorf("%d ids, unfit because %q, error %v", len(hints.IDs), hints.Unfit, err)
	}
}
