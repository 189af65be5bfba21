package sink_test

import (
	"strings"
	"testing"

	"usersync/migrations/pgtest"
	"usersync/sink"
	usersync "usersync/sync"
)

func TestPostgresThroughAPooler(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	if mirror, err := sink.OpenPostgres(t.Context(), newConfig(pgtest.Pooler(t, "transaction", 3), p.schema)); err == nil {
		closeMirror(t, mirror)
		t.Error("it opened in transaction mode")
	} else if !strings.Contains(err.Error(), "pooler") {
		t.Error(err)
	}
	through := place{url: pgtest.Pooler(t, "session", 3), schema: p.schema}
	users := somebody(all, 1, 4)
	publishAt(t, through, firstStart, all, creates(users...)...)
	publishAt(t, through, firstStart, all, updateOf(users[0], with(users[0], "name", "new"), all))
	if got := through.read(t, all); len(got) != len(users) {
		t.Errorf("%d users, want %d", len(got), len(users))
	}
}
