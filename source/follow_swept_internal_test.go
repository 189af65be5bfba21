package source

import (
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// What leaves open whom it concerns makes the log unfit for as long as everybody
// has not been read since.
func TestWhatASweepSettles(t *testing.T) {
	t.Parallel()
	ann, bob := logUser(1), logUser(2)
	swept := logNow().Add(-5 * time.Minute)
	add := func(activity string, users ...usersync.ID) func(*hostileLog, time.Time) {
		return func(l *hostileLog, at time.Time) {
			for _, user := range users {
				l.add(activity, at, user)
			}
		}
	}
	for name, c := range map[string]struct {
		happen func(*hostileLog, time.Time)
		want   string // in the reason, where it is not settled
	}{
		"a role":           {add("ADMIN_API_MUTATION_UPDATE_ROLE_EXECUTED", bob), "may concern anybody"},
		"a verified claim": {add("ADMIN_API_MUTATION_SET_VERIFIED_STATUS_EXECUTED", usersync.ID{}), "may concern anybody"},
		"an unknown event": {add("USER_REINCARNATED", bob), "does not know"},
		"nobody named":     {add("USER_CREATED", usersync.ID{}), "does not say of whom"},
		"no id": {func(l *hostileLog, at time.Time) {
			l.add("USER_CREATED", at, usersync.ID{})
			l.rows[len(l.rows)-1].UserID = "bob@example.com"
		}, "an id that is none"},
		"a crowd in one second": {func(l *hostileLog, at time.Time) {
			for range 2*adminapi.MaxPageSize + 1 {
				l.add("USER_CREATED", at, ann)
			}
		}, "201 rows of USER_CREATED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at, settled := range map[time.Time]bool{
				swept.Add(-9 * time.Minute):           true,
				swept.Add(-sweptMargin - time.Second): true,
				swept.Add(-sweptMargin):               false,
				swept:                                 false,
				swept.Add(time.Second):                false,
			} {
				log := newHostileLog(1)
				log.add("USER_AUTHENTICATED", swept.Add(-4*time.Minute), ann)
				log.add("USER_AUTHENTICATED", swept.Add(time.Minute), ann)
				c.happen(log, at)
				hints, err := follow(t.Context(), log, swept.Add(-10*time.Minute), swept)
				if err != nil || settled != (hints.Unfit == "") || !settled && !strings.Contains(hints.Unfit, c.want) {
					t.Errorf("%v from the sweep: unfit because %q, error %v", at.Sub(swept), hints.Unfit, err)
				}
				if settled && (len(hints.IDs) != 1 || hints.IDs[0] != ann) {
					t.Errorf("%v from the sweep: hints %v, want the one who is named", at.Sub(swept), hints.IDs)
				}
			}
		})
	}
}

// Who is named before a sweep is asked for all the same: it costs little.
func TestWhoIsNamedBeforeASweepIsHinted(t *testing.T) {
	t.Parallel()
	log := newHostileLog(1)
	swept := logNow().Add(-time.Minute)
	log.add("USER_PROFILE_UPDATED", swept.Add(-9*time.Minute), logUser(1))
	log.add("USER_PROFILE_UPDATED", swept.Add(time.Second), logUser(2))
	hints, err := follow(t.Context(), log, swept.Add(-10*time.Minute), swept)
	if err != nil || hints.Unfit != "" || len(hints.IDs) != 2 {
		t.Errorf("%d ids, unfit because %q, error %v", len(hints.IDs), hints.Unfit, err)
	}
}
