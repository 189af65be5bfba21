package userdiff_test

import (
	"slices"
	"testing"

	usersync "usersync/sync"
	"usersync/sync/userdiff"
)

// What was different only while it was read is none; who is asked for by id counts
// as the answer has it.
func TestLiveSides(t *testing.T) {
	t.Parallel()
	old, now := person(t, 1, values{"name": "old"}), person(t, 1, values{"name": "new"})
	many := make([]*usersync.User, 0, 20)
	for id := byte(10); id < 30; id++ {
		many = append(many, person(t, id, nil))
	}
	live := &crowd{
		readings: [][]*usersync.User{append([]*usersync.User{old, now, old}, many...)},
		live:     map[usersync.ID]*usersync.User{{1}: now},
	}
	other := still(append([]*usersync.User{now}, many...)...)
	lines, report := compare(t, userdiff.Config{A: userdiff.Side{Users: live, Lookup: live.lookup}, B: userdiff.Side{Users: other}, Scope: everything()})
	if len(lines) > 0 || report.Differ() || report.Alike != 21 || live.asked != 1 || live.begun != 1 {
		t.Errorf("%q %+v, asked for %d, read %d times", lines, report, live.asked, live.begun)
	}
	// Gone by the time it is asked for.
	live.live = nil
	if lines, _ = compare(t, userdiff.Config{A: userdiff.Side{Users: other}, B: userdiff.Side{Users: live, Lookup: live.lookup}, Scope: everything()}); !slices.Equal(lines, []string{`delete 1 name:"new">`}) {
		t.Errorf("%q", lines)
	}
}

func TestWhoWasMissedIsAskedFor(t *testing.T) {
	t.Parallel()
	ann, bob, eve := person(t, 1, values{"name": "Ann"}), person(t, 2, values{"name": "Bob"}), person(t, 3, values{"name": "Eve"})
	sweep := &crowd{readings: [][]*usersync.User{{ann}}, incomplete: true, live: map[usersync.ID]*usersync.User{{1}: ann, {2}: bob}}
	file := still(ann, bob, eve)
	for _, turned := range []bool{false, true} {
		a, b := userdiff.Side{Users: sweep, Lookup: sweep.lookup}, userdiff.Side{Users: file}
		want := []string{`create 3 name:>"Eve"`}
		if turned {
			a, b, want = b, a, []string{`delete 3 name:"Eve">`}
		}
		lines, report := compare(t, userdiff.Config{A: a, B: b, Scope: everything()})
		if !slices.Equal(lines, want) || report.Alike != 2 || report.A.Complete != turned {
			t.Errorf("got %q, %+v", lines, report)
		}
	}
}

// A second reading that missed somebody makes nobody look deleted: where users can be
// asked for they are, and elsewhere it is said.
func TestWhoASecondReadingMissed(t *testing.T) {
	t.Parallel()
	ann, bob := person(t, 1, values{"name": "Ann"}), person(t, 2, values{"name": "Bob"})
	for _, asked := range []bool{false, true} {
		live := &crowd{
			readings: [][]*usersync.User{{ann, bob}, {ann}}, missing: 1,
			live: map[usersync.ID]*usersync.User{{1}: ann, {2}: bob},
		}
		cfg := userdiff.Config{A: userdiff.Side{Users: live}, B: userdiff.Side{Users: still(person(t, 1, nil), person(t, 2, nil))}, Scope: everything()}
		want := []string{`update 1 name:"Ann">`, `create 2`}
		if asked {
			cfg.A.Lookup = live.lookup
			want[1] = `update 2 name:"Bob">`
		}
		lines, report := compare(t, cfg)
		if !slices.Equal(lines, want) || report.A.Complete != asked || live.begun != 2 {
			t.Errorf("got %q, %+v", lines, report)
		}
	}
}

// Where nobody may be yielded twice, that is an error; elsewhere the first one counts.
func TestWhoIsThereTwice(t *testing.T) {
	t.Parallel()
	twice := still(person(t, 1, values{"name": "first"}), person(t, 2, nil), person(t, 1, values{"name": "second"}))
	other := still(person(t, 1, values{"name": "first"}), person(t, 2, nil))
	cfg := userdiff.Config{A: userdiff.Side{Users: other, Once: true}, B: userdiff.Side{Users: twice}, Scope: everything()}
	if lines, report := compare(t, cfg); len(lines) > 0 || report.B.Users != 2 {
		t.Errorf("%q, %+v", lines, report)
	}
	cfg.B.Once = true
	for _, memory := range []int{0, 1} {
		cfg.Memory = memory
		if _, err := userdiff.Compare(t.Context(), cfg); err == nil || err.Error() != "user 01000000-0000-0000-0000-000000000000 is twice in B" {
			t.Errorf("got %v", err)
		}
	}
}

// When most differ, all are read again and not asked for one by one.
func TestManyAreReadAgain(t *testing.T) {
	t.Parallel()
	live := still(person(t, 1, nil), person(t, 2, nil))
	lines, _ := compare(t, userdiff.Config{A: userdiff.Side{Users: live, Lookup: live.lookup}, B: userdiff.Side{Users: still()}, Scope: everything()})
	if len(lines) != 2 || live.asked != 0 || live.begun != 2 {
		t.Errorf("%q, asked for %d, read %d times", lines, live.asked, live.begun)
	}
}
