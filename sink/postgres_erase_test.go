package sink_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"usersync/migrations/database"
	usersync "usersync/sync"
)

type tombstone struct {
	Email              *string
	Disabled           *bool
	Created            time.Time
	Hash               []byte
	Changed            time.Time
	Deleted, Confirmed *time.Time
	ByRun              *string
}

func tombstoneOf(t *testing.T, p place, id usersync.ID) []tombstone {
	t.Helper()
	return rows[tombstone](t, p, "select email, disabled, created_at, _row_hash, _changed_at, _deleted_at, _delete_confirmed_at, _deleted_by_run from "+
		p.table("users")+" where sub = $1", [16]byte(id))
}

// logOf is a user's rows of the change log, in short.
func logOf(t *testing.T, p place, id usersync.ID) []string {
	t.Helper()
	type row struct{ Text string }
	var list []string
	for _, r := range rows[row](t, p, "select op || ' ' || coalesce(before ->> 'email', before::text, '-') || ' ' || coalesce(after ->> 'email', after::text, '-') || "+
		"case when scrubbed then ' scrubbed' else '' end from "+p.table("user_changes")+" where sub = $1 order by id", [16]byte(id)) {
		list = append(list, r.Text)
	}
	return list
}

func equalLog(t *testing.T, p place, id usersync.ID, want ...string) {
	t.Helper()
	if got := logOf(t, p, id); strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

// ann is a user with an address, and as she was created.
func ann(number byte) (*usersync.User, usersync.Change) {
	user := usersync.NewUser(usersync.ID{number})
	created, _ := usersync.AllFields().Lookup("created_at")
	user.Set(created, firstStart.Add(-time.Hour))
	user = with(with(user, "email", "ann@example.com"), "disabled", true)
	return user, usersync.Change{Op: usersync.Create, ID: user.ID, After: user}
}

func TestPostgresDeletionsLeaveWhatTheyShould(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	user, create := ann(1)
	changed := with(user, "email", "ann@example.org")
	at, confirmed := firstStart.Add(2*time.Hour), firstStart.Add(3*time.Hour)
	for erase, test := range map[usersync.Erasure]struct {
		log   []string
		email string
	}{
		usersync.EraseNothing: {[]string{"create - ann@example.com", "update ann@example.com ann@example.org", "delete ann@example.org -"}, "ann@example.org"},
		usersync.EraseHistory: {[]string{"create - {} scrubbed", "update {} {} scrubbed", "delete {} - scrubbed"}, "ann@example.org"},
		usersync.EraseValues:  {[]string{"create - {} scrubbed", "update {} {} scrubbed", "delete {} - scrubbed"}, ""},
		usersync.EraseUser:    {nil, ""},
	} {
		p.clear(t)
		other, createOther := ann(2)
		publishAt(t, p, firstStart, all, create, createOther)
		publishAt(t, p, firstStart.Add(time.Hour), all, updateOf(user, changed, all))
		run := publishAt(t, p, at, all, usersync.Change{Op: usersync.Delete, ID: user.ID, Before: changed, Erase: erase, ConfirmedAt: confirmed})

		equalLog(t, p, user.ID, test.log...)
		equalLog(t, p, other.ID, "create - ann@example.com")
		got := tombstoneOf(t, p, user.ID)
		if erase == usersync.EraseUser {
			if len(got) != 0 {
				t.Errorf("the row of a purged user is there: %+v", got)
			}
			continue
		}
		stone := got[0]
		if stone.Deleted == nil || !stone.Deleted.Equal(at) || !stone.Changed.Equal(at) || stone.Confirmed == nil || !stone.Confirmed.Equal(confirmed) ||
			stone.ByRun == nil || *stone.ByRun != run.RunID || !stone.Created.Equal(firstStart.Add(-time.Hour)) {
			t.Errorf("erased to degree %d: %+v", erase, stone)
		}
		if kept := test.email != ""; (stone.Email != nil) != kept || (stone.Disabled != nil) != kept || (len(stone.Hash) > 0) != kept {
			t.Errorf("erased to degree %d: %+v", erase, stone)
		}
		// One who comes back is as anybody.
		publishAt(t, p, at.Add(time.Hour), all, usersync.Change{
			Op: usersync.Restore, ID: user.ID, Before: emptied(user, erase), After: user, Fields: usersync.Diff(emptied(changed, erase), user, all),
		})
		stone = tombstoneOf(t, p, user.ID)[0]
		if stone.Deleted != nil || stone.Confirmed != nil || stone.ByRun != nil || stone.Email == nil || *stone.Email != "ann@example.com" {
			t.Errorf("restored after degree %d: %+v", erase, stone)
		}
	}
}

// emptied is what an erasure leaves of a user.
func emptied(user *usersync.User, erase usersync.Erasure) *usersync.User {
	if erase < usersync.EraseValues {
		return user
	}
	left := usersync.NewUser(user.ID)
	for f := range usersync.AllFields().All() {
		if f.Kind == usersync.Time {
			left.Set(f, user.Get(f))
		}
	}
	return left
}

// An anonymised user lives on, but not in the log.
func TestPostgresAnonymisedUsersLeaveTheLog(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	user, create := ann(1)
	other, createOther := ann(2)
	publishAt(t, p, firstStart, all, create, createOther)
	anonymous := with(with(user, "email", ""), "is_anonymized", true)
	change := updateOf(user, anonymous, all)
	change.Erase = usersync.EraseHistory
	publishAt(t, p, firstStart.Add(time.Hour), all, change)
	equalLog(t, p, user.ID, "create - {} scrubbed", "update {} {} scrubbed")
	equalLog(t, p, other.ID, "create - ann@example.com")
	fields := value[[]string](t, p, "select fields from "+p.table("user_changes")+" where sub = $1 and op = 'update'", [16]byte(user.ID))
	if strings.Join(fields, " ") != "email is_anonymized" {
		t.Errorf("that these changed is no longer told: %v", fields)
	}
	// What comes later is told again.
	publishAt(t, p, firstStart.Add(2*time.Hour), all, updateOf(anonymous, with(anonymous, "email", "nobody@example.com"), all))
	equalLog(t, p, user.ID, "create - {} scrubbed", "update {} {} scrubbed", `update {"sub": "`+user.ID.String()+`", "email": null} nobody@example.com`)
}

// A mirror that comes to hold whether people were anonymised learns it by writing
// everybody anew, which is no change: then the log is emptied of them all the same,
// and of nobody else.
func TestPostgresAnonymisedUsersLeaveTheLogWhenThatIsFirstHeld(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	few := usersync.FieldsNamed([]string{"created_at", "email"})
	more := usersync.FieldsNamed([]string{"created_at", "email", "is_anonymized"})
	user, create := ann(1)
	other, createOther := ann(2)
	publishAt(t, p, firstStart, few, create, createOther)
	publishAt(t, p, firstStart.Add(time.Hour), few, updateOf(user, with(user, "email", "gone@example.com"), few))
	anonymous := with(with(user, "email", "gone@example.com"), "is_anonymized", true)
	publishAt(t, p, firstStart.Add(2*time.Hour), more,
		usersync.Change{Op: usersync.Refill, ID: user.ID, After: anonymous, Erase: usersync.EraseHistory},
		usersync.Change{Op: usersync.Refill, ID: other.ID, After: other})
	equalLog(t, p, user.ID, "create - {} scrubbed", "update {} {} scrubbed")
	equalLog(t, p, other.ID, "create - ann@example.com")
	stone := tombstoneOf(t, p, user.ID)[0]
	if stone.Email == nil || *stone.Email != "gone@example.com" || stone.Deleted != nil || !stone.Changed.Equal(firstStart.Add(time.Hour)) {
		t.Errorf("the row itself is %+v", stone)
	}
}

func TestPostgresTrimsTheChangeLog(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	user, create := ann(1)
	later := firstStart.Add(48 * time.Hour)
	publishAt(t, p, firstStart, all, create)
	changed := with(user, "email", "ann@example.org")
	publishAt(t, p, firstStart.Add(24*time.Hour), all, updateOf(user, changed, all))
	publishAt(t, p, firstStart.Add(36*time.Hour), all)
	equalLog(t, p, user.ID, "create - ann@example.com", "update ann@example.com ann@example.org")

	mirror := openPostgres(t, p.config())
	start := newStart(later, all)
	start.KeepHistory = 24 * time.Hour
	if err := begin(t.Context(), mirror, start, nil); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Abandon(t.Context(), newReport(start, usersync.StatusFailed)); err != nil {
		t.Fatal(err)
	}
	closeMirror(t, mirror)
	equalLog(t, p, user.ID, "create - ann@example.com", "update ann@example.com ann@example.org")

	mirror = openPostgres(t, p.config())
	start.RunID += "-again"
	if err := begin(t.Context(), mirror, start, nil); err != nil {
		t.Fatal(err)
	}
	if err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)); err != nil {
		t.Fatal(err)
	}
	closeMirror(t, mirror)
	// What is exactly as old as is kept stays.
	equalLog(t, p, user.ID, "update ann@example.com ann@example.org")
	since := value[time.Time](t, p, "select (history_since ->> 'email')::timestamptz from "+p.table("mirror"))
	if !since.Equal(firstStart.Add(24 * time.Hour)) {
		t.Errorf("the history is told since %v", since)
	}
}

func TestPostgresSaysSinceWhenItsHistoryIsTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	few, more := usersync.FieldsNamed([]string{"created_at", "email"}), usersync.FieldsNamed([]string{"created_at", "email", "name"})
	user, _ := ann(1)
	hour := func(n int) time.Time { return firstStart.Add(time.Duration(n) * time.Hour) }
	refill := usersync.Change{Op: usersync.Refill, ID: user.ID, After: user}
	publishAt(t, p, hour(0), few, usersync.Change{Op: usersync.Create, ID: user.ID, After: user})
	publishAt(t, p, hour(1), more, refill)
	publishAt(t, p, hour(2), more)
	expect := func(want map[string]int) {
		t.Helper()
		got := value[map[string]time.Time](t, p, "select history_since from "+p.table("mirror"))
		for name, n := range want {
			if !got[name].Equal(hour(n)) {
				t.Errorf("history of %s since %v, want %v", name, got[name], hour(n))
			}
		}
		if len(got) != len(want) {
			t.Errorf("history since %v, want %v", got, want)
		}
	}
	expect(map[string]int{"created_at": 0, "email": 0, "name": 1})
	publishAt(t, p, hour(3), few, refill)
	expect(map[string]int{"created_at": 0, "email": 0})
	publishAt(t, p, hour(4), more, refill)
	expect(map[string]int{"created_at": 0, "email": 0, "name": 4})
}

// What erases needs a permission more, and says so.
func TestPostgresPurgingNeedsAPermission(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	user, create := ann(1)
	publishAt(t, p, firstStart, all, create)
	role := newRole(t)
	execute(t, p, "grant usage on schema "+p.name()+" to "+role.name)
	execute(t, p, "grant select, insert, update on all tables in schema "+p.name()+" to "+role.name)
	purge := func() error {
		mirror := openPostgres(t, newConfig(role.url, p.schema))
		defer closeMirror(t, mirror)
		start := newStart(firstStart.Add(time.Hour), all)
		if err := begin(t.Context(), mirror, start, []usersync.Change{{Op: usersync.Delete, ID: user.ID, Before: user, Erase: usersync.EraseUser}}); err != nil {
			return err
		}
		if err := mirror.Publish(t.Context(), newReport(start, usersync.StatusOK)); err != nil {
			return errors.Join(err, mirror.Abandon(t.Context(), newReport(start, usersync.StatusFailed)))
		}
		return nil
	}
	err := purge()
	var explained *database.Error
	if !errors.As(err, &explained) || explained.Class != database.Misconfigured || !strings.Contains(err.Error(), "permission denied for table users") {
		t.Errorf("without the permission: %v", err)
	}
	equalLog(t, p, user.ID, "create - ann@example.com")
	execute(t, p, "grant delete on "+p.table("users")+", "+p.table("user_changes")+" to "+role.name)
	if err := purge(); err != nil {
		t.Error(err)
	}
	equalLog(t, p, user.ID)
}
