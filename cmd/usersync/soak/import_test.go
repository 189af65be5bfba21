package soak_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/sink/importer"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// Whatever the rows, the options and the faults: each row comes to one outcome,
// which is the one that it must come to, and the project's people are in the end
// what a simple model of Authgear's rules makes of them. Imported again in peace,
// the table does just what the model says once more.
func TestImports(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var tally importTally
	rapid.Check(t, func(rt *rapid.T) {
		c := drawImport(rt)
		var err error
		synctest.Test(t, func(t *testing.T) { err = c.play(t.Context(), folder, &tally) })
		if err != nil {
			rt.Fatal(err)
		}
	})
	tally.log(t)
}

// importTally says how much was tried.
type importTally struct {
	cases, rows, runs, posts atomic.Int64
	outcomes                 [9]atomic.Int64
}

func (c *importTally) log(t *testing.T) {
	t.Helper()
	var outcomes []string
	for i, outcome := range userimport.Outcomes() {
		outcomes = append(outcomes, fmt.Sprintf("%d %s", c.outcomes[i].Load(), outcome))
	}
	t.Logf("%d imports of %d rows in %d runs and %d POSTs: %s", c.cases.Load(), c.rows.Load(), c.runs.Load(), c.posts.Load(), strings.Join(outcomes, ", "))
}

// An importPlay is an importCase being gone through.
type importPlay struct {
	*model
	town  *importTown
	path  string // of the table
	tally *importTally
	runs  int // of the import that is under way
}

// play imports until all is done, and once more in peace.
func (c *importCase) play(ctx context.Context, folder string, tally *importTally) (err error) {
	folder, err = os.MkdirTemp(folder, "import-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	p := &importPlay{model: &model{importCase: c}, tally: tally, path: filepath.Join(folder, "users.csv")}
	if c.json {
		p.path = filepath.Join(folder, "users.ndjson")
	}
	if err := os.WriteFile(p.path, c.text(), 0o600); err != nil {
		return err
	}
	if p.town, err = newImportTown(c); err != nil {
		return err
	}
	for i := range c.people {
		p.people = append(p.people, c.people[i].clone())
	}
	if err := p.untilDone(ctx); err != nil {
		return fmt.Errorf("the first time: %w", err)
	}
	p.town.SetImportQuota(0, "")
	p.town.SetImportPanic(nil)
	p.importCase = c.inPeace()
	if err := p.disturb(); err != nil {
		return err
	}
	posts, again := p.town.Imports().Posts, p.verdicts()
	if err := p.untilDone(ctx); err != nil {
		return fmt.Errorf("once more, in peace: %w", err)
	}
	sends := slices.ContainsFunc(again, func(v verdict) bool {
		return v.outcome == userimport.Created || v.outcome == userimport.Updated || v.outcome == userimport.Failed
	})
	if posted := p.town.Imports().Posts != posts; posted != sends {
		return fmt.Errorf("once more, in peace: something was sent: %v, want %v", posted, sends)
	}
	tally.cases.Add(1)
	tally.rows.Add(int64(len(c.rows)))
	tally.posts.Add(p.town.Imports().Posts)
	return nil
}

// disturb changes single things about people, which the import has then to find.
func (p *importPlay) disturb() error {
	for _, change := range p.changes {
		if len(p.people) == 0 || change.to == tierless {
			continue
		}
		who := p.people[change.who%len(p.people)]
		who.set(map[string]any{change.field: change.to})
		changed := userOf(who)
		err := p.town.Project().Update(who.ID, func(u *emulator.User) {
			for name, value := range u.StandardAttributes {
				if isLoginID(name) {
					changed.StandardAttributes[name] = value
				}
			}
			u.StandardAttributes, u.CustomAttributes, u.Roles, u.Groups = changed.StandardAttributes, changed.CustomAttributes, changed.Roles, changed.Groups
			u.Disabled, u.AccountValidFrom, u.AccountValidUntil, u.MFA = changed.Disabled, changed.AccountValidFrom, changed.AccountValidUntil, changed.MFA
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *importCase) inPeace() *importCase {
	peaceful := *c
	peaceful.faults, peaceful.deadly, peaceful.quota, peaceful.stops, peaceful.strangers = emulator.Faults{}, -1, 0, nil, nil
	return &peaceful
}

// untilDone runs the import until every row has an outcome that stands, and
// compares everything with the model.
func (p *importPlay) untilDone(ctx context.Context) error {
	const most, troubled = 60, 12
	p.town.SetFaults(p.faults)
	if p.quota > 0 {
		p.town.SetImportQuota(p.quota, "day")
	}
	if p.deadly >= 0 {
		said, _ := p.said(p.rows[p.deadly])
		if id, is := said[string(p.identifier)].(loginID); is {
			p.town.SetImportPanic(func(record json.RawMessage) bool {
				return bytes.Contains(bytes.ToLower(record), []byte(`"`+id.normal+`"`))
			})
		}
	}
	p.letStrangersCome()
	verdicts := p.verdicts()
	for p.runs = 1; ; p.runs++ {
		if p.runs == troubled {
			p.town.SetFaults(emulator.Faults{})
			p.town.SetImportQuota(0, "")
		}
		results, err := p.run(ctx)
		p.tally.runs.Add(1)
		if err != nil && !p.mayStop(err) {
			return fmt.Errorf("run %d: %w", p.runs, err)
		}
		if err == nil && !slices.ContainsFunc(results, func(r userimport.Result) bool { return !r.Outcome.Final() }) {
			for p.town.Imports().Queued > 0 { // by POSTs that were given up
				time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
			}
			return p.compare(verdicts, results)
		}
		if p.runs == most {
			return fmt.Errorf("not done after %d runs: %w", most, err)
		}
		if err == nil && p.faults == (emulator.Faults{}) && p.deadly < 0 && !p.slow() {
			return errors.New("a run in peace left rows open")
		}
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time, which does not pass by itself
	}
}

// letStrangersCome has them come just when the import sends a certain POST, if
// nobody else has the login ID by then.
func (p *importPlay) letStrangersCome() {
	p.came = make(map[int]*person)
	if len(p.strangers) == 0 {
		p.town.SetBeforeRequest(nil)
		return
	}
	var posts atomic.Int64
	p.town.SetBeforeRequest(func(r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/import") || posts.Add(1) != p.strangeness {
			return
		}
		for _, row := range p.strangers {
			said, _ := p.said(p.rows[row])
			id, is := said[string(p.identifier)].(loginID)
			if !is {
				continue
			}
			stranger := newPerson()
			stranger.Logins[string(p.identifier)] = id.normal
			stranger.Attributes["name"] = "A stranger"
			var err error
			if stranger.ID, err = p.town.Project().Create(userOf(stranger)); err == nil { // or it is taken
				p.came[row] = stranger
			}
		}
	})
}

// mayStop says whether a run may end with an error by what the case has in it.
func (p *importPlay) mayStop(err error) bool {
	_, quota := errors.AsType[*userimport.QuotaError](err)
	_, stopped := errors.AsType[*usersync.StoppedError](err)
	_, first := errors.AsType[*importer.FirstJobError](err)
	_, refused := errors.AsType[*adminapi.Error](err)
	_, standstill := errors.AsType[*importer.StandstillError](err)
	switch {
	case quota:
		time.Sleep(24 * time.Hour) //nolint:forbidigo // the bubble's time
		return p.quota > 0
	case stopped, errors.Is(err, context.DeadlineExceeded):
		return len(p.stops) > 0
	case first:
		return true
	default:
		return (refused || standstill) && p.faults != emulator.Faults{} || standstill && p.slow()
	}
}

// slow says whether jobs may take longer than is waited for them.
func (c *importCase) slow() bool { return c.jobTimeout > 0 && c.pace > 0 && c.pace < 1 }

// compare holds what came of the rows, and who is there now, against the model.
func (p *importPlay) compare(verdicts []verdict, results []userimport.Result) error {
	for i, result := range results {
		p.tally.outcomes[slices.Index(userimport.Outcomes(), result.Outcome)].Add(1)
		if p.runs > 1 || len(p.came) > 0 {
			continue // what one run, or a stranger, has done the next one finds
		}
		if err := p.permits(i, verdicts[i], result); err != nil {
			return err
		}
	}
	for _, stranger := range p.came {
		p.people = append(p.people, stranger)
	}
	if err := p.carry(results); err != nil {
		return err
	}
	want := make(map[string]*person)
	for _, person := range p.people {
		want[person.ID] = person
	}
	for user := range p.town.Project().All() {
		if user.ID == p.town.anchor {
			continue
		}
		found, wanted := personOf(user), want[user.ID]
		if wanted != nil && (p.runs > 1 || p.faults != emulator.Faults{}) {
			wanted.settleLate(found)
		}
		if (wanted == nil || found.String() != wanted.String()) && !p.mayBe(found, wanted) {
			return fmt.Errorf("somebody is\n%s\nand should be\n%s\nby %+v", found, wanted, resultsAbout(user.ID, results))
		}
		delete(want, user.ID)
	}
	if len(want) > 0 {
		return fmt.Errorf("these are missing: %v", want)
	}
	return nil
}

// resultsAbout are the results that name a user.
func resultsAbout(id string, results []userimport.Result) []userimport.Result {
	return slices.DeleteFunc(slices.Clone(results), func(r userimport.Result) bool { return r.User.String() != id })
}
