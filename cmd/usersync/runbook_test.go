//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"usersync/adminapi/emulator"
)

// An incident is what a section of the runbook is about.
type incident struct {
	// users is how many the project has.
	users int
	// happen brings it about in a mirror that was synced once, and returns what
	// the run said of it, or nothing where no run did.
	happen func(t *testing.T, b *bench) (said string)
	// only is the kind of mirror that it is about, or nothing for each.
	only string
	// exact says that the mirror is as the project is once the section's commands
	// have been run.
	exact bool
	// after is what else must be so then.
	after func(t *testing.T, b *bench)
}

func refusedSync(t *testing.T, b *bench, args ...string) string {
	t.Helper()
	return b.usersync(t, exitRefused, append([]string{"sync"}, args...)...).stderr
}

// incidents are by the heading of their section.
func incidents() map[string]incident {
	return map[string]incident{
		"First, look": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 40)
			return refusedSync(t, b)
		}},
		"Too many deletions": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 40)
			return refusedSync(t, b)
		}, exact: true},
		"Too many deletions within a day": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 5)
			b.usersync(t, exitOK, "sync")
			b.remove(t, 5)
			return refusedSync(t, b)
		}, exact: true},
		"Too many changes": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.alter(t, 80, rename)
			return refusedSync(t, b)
		}, exact: true},
		"A value would be lost by many": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			lost := 0
			for u := range b.Project().All() {
				if _, has := u.StandardAttributes["name"]; has && lost < 30 {
					lost++
					b.edit(t, u.ID, func(u *emulator.User) { delete(u.StandardAttributes, "name") })
				}
			}
			return refusedSync(t, b)
		}, exact: true},
		"An empty project": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 120)
			return refusedSync(t, b)
		}, exact: true},
		"Another project": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.configure(t, b.elsewhere(t))
			return refusedSync(t, b)
		}, exact: true},
		"An incomplete sweep": {users: 20, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.crowd(t, 130)
			b.more = []string{"USERSYNC_REQUIRE_COMPLETE=true"}
			return refusedSync(t, b)
		}, exact: true},
		"Too many incomplete sweeps": {users: 20, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.crowd(t, 130)
			b.usersync(t, exitOK, "sync", "--mode", "full")
			b.usersync(t, exitOK, "sync", "--mode", "full")
			return b.usersync(t, exitFailed, "sync", "--mode", "full").stderr
		}, exact: true},
		"An approval is refused": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 20)
			earlier := runID(t, refusedSync(t, b))
			b.remove(t, 20)
			said := refusedSync(t, b, "--approve", earlier)
			// The runbook's example ID stands for the run that is approved now.
			return strings.ReplaceAll(said, earlier, exampleRun)
		}, exact: true},
		"The mirror was edited by hand": {users: 40, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.tamper(t)
			return ""
		}, exact: true},
		"The mirror is lost": {users: 40, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.lose(t)
			return ""
		}, exact: true},
		"A backup was restored": {users: 40, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.tamper(t)
			b.alter(t, 3, rename)
			b.remove(t, 2)
			return ""
		}, exact: true},
		"Users were deleted at Authgear by mistake": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			b.remove(t, 5)
			b.usersync(t, exitOK, "sync")
			return ""
		}, only: "postgres", after: func(t *testing.T, b *bench) {
			t.Helper()
			if back := b.queryPairs(t, "select sub::text, email from "+b.table("users")+" where _deleted_at is not null and email is not null"); len(back) == 0 || b.Project().Len() != 115+len(back) {
				t.Errorf("there are %d users, with the %d who were to come back", b.Project().Len(), len(back))
			}
		}},
		"A change at Authgear was wrong": {users: 120, happen: func(t *testing.T, b *bench) string {
			t.Helper()
			for _, nickname := range []string{"as it was", "somebody else"} {
				for _, id := range b.importable() {
					b.edit(t, id, func(u *emulator.User) { u.StandardAttributes["nickname"] = nickname })
				}
				b.usersync(t, exitOK, "sync", "--mode", "full")
			}
			return ""
		}, only: "postgres", exact: true, after: func(t *testing.T, b *bench) {
			t.Helper()
			for _, id := range b.importable() {
				if user, _ := b.Project().Get(id); user.StandardAttributes["nickname"] != "as it was" {
					t.Errorf("user %s is %v", id, user.StandardAttributes["nickname"])
				}
			}
		}},
		"Somebody asks to be forgotten": {users: 40, happen: func(*testing.T, *bench) string { return "" }},
	}
}

const (
	exampleRun    = "20261123-031500-q7m2ka"
	exampleUser   = "0b8d3f5e-6f5e-4c9b-9d6a-3a1f0c2e4d5b"
	exampleConfig = "/etc/usersync.yaml"
)

// TestRunbook brings about what each section of the runbook is about, in a mirror
// of each kind, holds what is said then against the section's quotation, and
// runs the section's very commands.
func TestRunbook(t *testing.T) {
	t.Parallel()
	sections := runbookSections(t)
	for heading, incident := range incidents() {
		section, there := sections[heading]
		if !there {
			t.Errorf("the runbook has no section %q", heading)
			continue
		}
		delete(sections, heading)
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			for _, kind := range mirrorKinds() {
				if incident.only != "" && incident.only != kind {
					continue
				}
				t.Run(kind, func(t *testing.T) {
					t.Parallel()
					b := newBench(t, kind, incident.users)
					b.usersync(t, exitOK, "sync")
					said := incident.happen(t, b)
					if said != "" {
						section.wantQuoted(t, said)
					}
					section.runOn(t, b, said)
					if incident.exact {
						b.wantExact(t)
					}
					if incident.after != nil {
						incident.after(t, b)
					}
				})
			}
		})
	}
	imports := importIncidents()
	for heading, section := range sections {
		if _, isImport := imports[heading]; !isImport && len(section.commands) > 0 {
			t.Errorf("nobody tries the commands of %q", heading)
		}
	}
}

// lose takes the mirror away, with all that belongs to it.
func (b *bench) lose(t *testing.T) {
	t.Helper()
	if b.path == "" {
		if _, err := b.conn.Exec(t.Context(), "drop schema "+pgx.Identifier{b.schema}.Sanitize()+" cascade"); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, name := range filesBeside(t, b.path) {
		if err := os.Remove(filepath.Join(filepath.Dir(b.path), name)); err != nil {
			t.Fatal(err)
		}
	}
}

// importable are the ids of twenty users who can be imported by their email.
func (b *bench) importable() []string {
	var ids []string
	for _, id := range b.ids() {
		user, _ := b.Project().Get(id)
		_, has := user.StandardAttributes["email"]
		elsewhere := slices.ContainsFunc(user.Identities, func(i emulator.Identity) bool { return i.OAuth != nil })
		if has && !elsewhere && len(ids) < 20 {
			ids = append(ids, id)
		}
	}
	return ids
}

// someone is the id of some user, if there is any.
func (b *bench) someone() string {
	for id := range b.emails() {
		return id
	}
	return exampleUser
}
