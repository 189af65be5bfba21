package userimport_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A sheet is a table in memory. Cells stand between commas.
type sheet struct {
	columns string
	rows    []string
	passes  int
	// later are the rows from the third pass on, when they are sent.
	later []string
}

func (s *sheet) Columns() []string { return strings.Split(s.columns, ",") }

func (s *sheet) Rows(context.Context) iter.Seq2[userimport.Row, error] {
	s.passes++
	rows := s.rows
	if s.later != nil && s.passes > 2 {
		rows = s.later
	}
	return func(yield func(userimport.Row, error) bool) {
		for i, cells := range rows {
			row := userimport.Row{Number: i + 1, Line: i + 2}
			for cell := range strings.SplitSeq(cells, ",") {
				row.Values = append(row.Values, userimport.Value{Text: cell})
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// A desk is a directory that knows its project, and whose people may change
// while it is asked.
type desk struct {
	people
	notAllowed []userimport.Identifier
	sampled    int
	wanted     []string // custom attributes
	reads      int
	edit       func(read int, user *usersync.User) *usersync.User // nil edits nothing
}

func (d *desk) Allowed(_ context.Context, kind userimport.Identifier) (bool, error) {
	return !slices.Contains(d.notAllowed, kind), nil
}
func (d *desk) Roles(context.Context) ([]string, error)  { return []string{"editor"}, nil }
func (d *desk) Groups(context.Context) ([]string, error) { return nil, nil }
func (d *desk) CustomAttributes(_ context.Context, wanted []string) (map[string]string, int, error) {
	d.wanted = wanted
	return map[string]string{"member_id": "string"}, d.sampled, nil
}

func (d *desk) Users(ctx context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	d.reads++
	users, err := d.people.Users(ctx, ids)
	for i := range users {
		if d.edit != nil {
			users[i] = d.edit(d.reads, users[i])
		}
	}
	return users, err
}

// A post sends nothing, and has every record it is given at once created or
// updated.
type post struct {
	emit    func(userimport.Result) error
	known   map[int]userimport.Result // what an earlier run finished with
	open    []int
	claims  map[int]usersync.ID // whom the open rows may have updated
	sent    []userimport.Item
	resumed []int
	refuses error // from the second record on
	silent  bool  // nothing is told of what is sent
	ended   error // how the context was when all had been handed over, or not
}

func (p *post) Known(row int) userimport.Known {
	if _, done := p.known[row]; done {
		return userimport.Done
	}
	if slices.Contains(p.open, row) {
		return userimport.Open
	}
	return userimport.Fresh
}

func (p *post) Replay(each func(userimport.Result) error) error {
	for _, row := range slices.Sorted(maps.Keys(p.known)) {
		if err := each(p.known[row]); err != nil {
			return err
		}
	}
	return nil
}

func (p *post) Claims(each func(row int, user usersync.ID)) {
	for row, user := range p.claims {
		each(row, user)
	}
}

func (p *post) Resume(_ context.Context, item userimport.Item) error {
	p.resumed = append(p.resumed, item.Row)
	return p.emit(userimport.Result{Row: item.Row, Outcome: userimport.Created, ReadBack: true})
}

func (p *post) Send(_ context.Context, item userimport.Item) error {
	if p.refuses != nil && len(p.sent) > 0 {
		return p.refuses
	}
	p.sent = append(p.sent, item)
	if p.silent {
		return nil
	}
	outcome := userimport.Created
	if item.Update {
		outcome = userimport.Updated
	}
	return p.emit(userimport.Result{Row: item.Row, Outcome: outcome, User: item.User, Job: "job", Details: item.Warnings, Notes: item.Notes})
}

func (p *post) Finish(ctx context.Context) error {
	p.ended = ctx.Err()
	return ctx.Err()
}

func (p *post) Traffic() userimport.SendTraffic { return userimport.SendTraffic{Jobs: 1, Bytes: 2} }

// An account keeps results in memory, and checks them simply.
type account struct {
	mutex   sync.Mutex
	results map[int]userimport.Result
}

func (a *account) Put(result userimport.Result) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if _, twice := a.results[result.Row]; twice {
		return fmt.Errorf("row %d has two results", result.Row)
	}
	a.results[result.Row] = result
	return nil
}

func (a *account) Annotate(row int, details []string) (bool, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	result := a.results[row]
	first := !result.Warned()
	result.Details = append(result.Details, details...)
	a.results[row] = result
	return first && result.Warned(), nil
}

func (a *account) Check(rows int) error {
	if len(a.results) != rows {
		return fmt.Errorf("%d results of %d rows", len(a.results), rows)
	}
	return nil
}

// An importing is an import of a sheet with all its parts at hand.
type importing struct {
	userimport.Import
	sheet   *sheet
	desk    *desk
	post    *post
	account *account
	plan    *userimport.Plan
	opened  userimport.Opening
}

func newImporting(t *testing.T, columns string, rows ...string) *importing {
	t.Helper()
	i := &importing{
		sheet: &sheet{columns: columns, rows: rows}, desk: &desk{}, post: &post{},
		account: &account{results: make(map[int]userimport.Result)},
	}
	mapping, err := userimport.NewMapping(i.sheet.Columns(), userimport.MappingConfig{Identifier: userimport.Email})
	if err != nil {
		t.Fatal(err)
	}
	i.Import = userimport.Import{
		Table: i.sheet, Mapping: mapping, Identifier: userimport.Email, Upsert: true,
		Directory: i.desk, Results: i.account, Now: func() time.Time { return time.Time{} },
		Open: func(_ context.Context, opening userimport.Opening) (userimport.Sender, error) {
			i.post.emit, i.opened = opening.Emit, opening
			return i.post, nil
		},
		Approve: func(_ context.Context, plan *userimport.Plan) error { i.plan = plan; return nil },
	}
	return i
}

// outcomes are those of the rows, in order.
func (i *importing) outcomes() string {
	var all []string
	for row := range len(i.sheet.rows) {
		all = append(all, string(i.account.results[row+1].Outcome))
	}
	return strings.Join(all, " ")
}

var errBroken = errors.New("the line is broken")
