//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
	"usersync/migrations/pgtest"
	"usersync/source"
	usersync "usersync/sync"
)

// A target is a mirror of either kind, as the program is told of it and as it is
// read back.
type target struct {
	flags []string
	from  usersync.Source
}

func csvTarget(t *testing.T) target {
	t.Helper()
	path := newMirror(t)
	return target{[]string{"--to", path}, readsCSV{source.NewCSV(path)}}
}

func postgresTarget(t *testing.T) target {
	t.Helper()
	schema := pgtest.Schema(t)
	return target{[]string{"--to", pgtest.URL(t), "--schema", schema}, source.NewPostgres(pgtest.URL(t), schema)}
}

// readsCSV is a source of which only Users is used here.
type readsCSV struct{ *source.CSV }

func (readsCSV) Lookup(context.Context, []usersync.ID, usersync.FieldSet) ([]*usersync.User, error) {
	panic("nobody asks a file")
}
func (readsCSV) Project() usersync.Project          { return usersync.Project{} }
func (readsCSV) Traffic() (requests, retries int64) { return 0, 0 }

// rows are the mirror's users with all that is mirrored of each, by id. There
// are none before the first run is published.
func (g target) rows(t *testing.T) map[usersync.ID]string {
	t.Helper()
	fields := usersync.AllFields()
	rows := make(map[usersync.ID]string)
	for u, err := range g.from.Users(t.Context(), fields, new(usersync.Census)) {
		if err != nil {
			t.Fatal(err)
		}
		row, err := u.AppendJSON(nil, fields.All())
		if err != nil {
			t.Fatal(err)
		}
		rows[u.ID] = string(row)
	}
	return rows
}

func (g target) sync(t *testing.T, e *emulated, more ...string) {
	t.Helper()
	runBinary(t, e.environ(), slices.Concat([]string{"sync"}, g.flags, more)...).wantCode(t, exitOK)
}

// truth is what a mirror must hold: what a run that nothing disturbs writes into
// a new one. That such a run is exact is shown against recorded users.
func truth(t *testing.T, e *emulated) map[usersync.ID]string {
	t.Helper()
	fresh := csvTarget(t)
	fresh.sync(t, e)
	rows := fresh.rows(t)
	if len(rows) != e.Project().Len() {
		t.Fatalf("%d of %d users", len(rows), e.Project().Len())
	}
	return rows
}

// The mirror is exact whatever goes wrong with a tenth of the requests, in a
// first run and in one that finds a day of changes.
func TestFaultsDoNotShow(t *testing.T) {
	t.Parallel()
	const rate = 0.1
	all := faultsAt(rate, time.Millisecond, 0)
	tenth := faultsAt(rate/10, time.Millisecond, 0) // ten kinds
	kinds := map[string]emulator.Faults{
		"latency":                {Latency: rate, LatencyFor: 100 * time.Millisecond},
		"429 with a time":        {TooManyRequests: rate, RetryAfter: time.Second},
		"429 without a time":     {TooManyRequestsBare: rate},
		"500":                    {InternalError: rate},
		"502":                    {BadGateway: rate},
		"503":                    {Unavailable: rate},
		"dropped connection":     {DroppedConnection: rate},
		"truncated body":         {TruncatedBody: rate},
		"slow body":              {SlowBody: rate, SlowBodyFor: 200 * time.Millisecond},
		"wrong content type":     {WrongContentType: rate},
		"partial data":           {PartialData: rate},
		"null nodes":             {NullNodes: rate},
		"lost edges":             {MissingEdges: rate},
		"a tenth, of all kinds":  tenth,
		"a tenth of every kind!": all,
	}
	targets := map[string]func(*testing.T) target{"csv": csvTarget, "postgres": postgresTarget}
	for kind, faults := range kinds {
		for name, newTarget := range targets {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				faults := faults // its seed is this test's alone
				users, patient := 300, []string(nil)
				if strings.HasSuffix(kind, "!") {
					// Six requests of ten fail.
					users, patient = 100, []string{"--max-retries", "40", "--timeout", "10m"}
				}
				e, mirror := newEmulated(t, users), newTarget(t)
				for day := range uint64(2) {
					if _, err := emulator.Day(e.Project(), day); err != nil {
						t.Fatal(err)
					}
					faults.Seed = day
					e.SetFaults(faults)
					mirror.sync(t, e, append(patient, "--mode", "full")...)
					e.SetFaults(emulator.Faults{})
					if want := truth(t, e); !maps.Equal(mirror.rows(t), want) {
						t.Fatal(fmt.Sprint("day ", day, ": the mirror is not exact"))
					}
				}
			})
		}
	}
}
