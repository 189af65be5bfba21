package userdiff

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"

	usersync "usersync/sync"
)

// A Side is one of the two collections.
type Side struct {
	Users Reader
	// Lookup asks for users by id, as [usersync.Source] does. It may be nil; then
	// Users is read a second time.
	Lookup func(ctx context.Context, ids []usersync.ID, fields usersync.FieldSet) ([]*usersync.User, error)
}

// A Reader yields everybody, as [usersync.Source] does.
type Reader interface {
	Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error]
}

// Config is what is compared, and how.
type Config struct {
	A, B  Side
	Scope usersync.Scope // what of users is compared; both sides have it
	// Key is the text by which users of both sides are the same person; nil for
	// their ids.
	Key *usersync.Field
	// TempDir is where the temporary file is made; the system's place when empty.
	TempDir string
	// Progress may be nil. It is told what goes on, in words, and how far it is; the
	// total is -1 where it is not known.
	Progress func(doing string, users, total int)
	// See is called for each difference, in the order of the keys. Its error ends
	// the comparison.
	See func(Difference) error
}

// A Report is what came of a comparison.
type Report struct {
	A, B SideReport
	// Alike is how many users are on both sides and do not differ.
	Alike int
	// Created are on side B alone, Deleted on side A alone, Updated on both and differ.
	Created, Updated, Deleted int
	// ByField is how many of the updated differ in each field, by the names of
	// [Change].
	ByField map[string]int
}

// A SideReport is what was found on one side.
type SideReport struct {
	Users int
	// Complete says that nobody was missed who was there throughout.
	Complete bool
	// Keyless are users without a key, Doubles such as have one that several users of
	// either side have. They cannot be matched, and are not among the differences.
	Keyless, Doubles int
}

// Differ says whether there is any difference, users included that could not be
// matched.
func (r *Report) Differ() bool {
	return r.Created+r.Updated+r.Deleted+r.A.Keyless+r.A.Doubles+r.B.Keyless+r.B.Doubles > 0
}

// A key is a user's id, or stands for a text.
type key [16]byte

// An entry is what is remembered of a key.
type entry struct {
	prints [2]usersync.Fingerprint
	sides  [2]bool
	double [2]bool // whether several users of a side have it
}

// A pair are the two versions of a user that differ, as far as there are two.
type pair struct {
	key      key
	text     string // of the key, unless it is the id
	expected [2]bool
	at       [2]extent
}

type comparison struct {
	Config
	report  Report
	fields  usersync.FieldSet // that are read
	entries map[key]entry
	wanted  map[key]*pair
	spool   spool
}

// Compare compares both sides. The error is that of a side, of See or of the
// temporary file. The report is there in any case, as far as it got.
func Compare(ctx context.Context, cfg Config) (*Report, error) {
	c := &comparison{Config: cfg, fields: cfg.Scope.Fields, entries: make(map[key]entry), wanted: make(map[key]*pair)}
	c.report.ByField = make(map[string]int)
	if cfg.Key != nil {
		c.fields = c.fields.Union(usersync.FieldsNamed([]string{cfg.Key.Name}))
	}
	for i := range 2 {
		if err := c.index(ctx, i); err != nil {
			return &c.report, err
		}
	}
	c.choose()
	if len(c.wanted) == 0 {
		return &c.report, nil
	}
	if err := c.spool.open(cfg.TempDir); err != nil {
		return &c.report, err
	}
	err := c.tell(ctx)
	if closing := c.spool.close(); err == nil {
		err = closing
	}
	return &c.report, err
}

func (c *comparison) side(i int) (*Side, *SideReport) {
	if i == 0 {
		return &c.A, &c.report.A
	}
	return &c.B, &c.report.B
}

func (c *comparison) progress(doing string, users, total int) {
	if c.Progress != nil {
		c.Progress(doing, users, total)
	}
}

// choose finds who differs, and forgets all others.
func (c *comparison) choose() {
	for k, e := range c.entries {
		switch {
		case e.double[0] || e.double[1]:
			for i := range 2 {
				// A counterpart of several is as little matched as these.
				if _, report := c.side(i); e.sides[i] && !e.double[i] {
					report.Doubles++
				}
			}
		case e.sides[0] && e.sides[1] && e.prints[0] == e.prints[1]:
			c.report.Alike++
		default:
			c.wanted[k] = &pair{key: k, expected: e.sides}
		}
	}
	c.entries = nil
}

// tell reads the values of who differs and passes them on.
func (c *comparison) tell(ctx context.Context) error {
	for i := range 2 {
		if err := c.fetch(ctx, i); err != nil {
			return err
		}
	}
	pairs := make([]*pair, 0, len(c.wanted))
	for _, p := range c.wanted {
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(p, q *pair) int {
		return cmp.Or(cmp.Compare(p.text, q.text), bytes.Compare(p.key[:], q.key[:]))
	})
	for _, p := range pairs {
		if err := ctx.Err(); err != nil {
			return err
		}
		var versions [2]*usersync.User
		for i := range versions {
			var err error
			if versions[i], err = c.spool.load(p.at[i], c.Scope.Fields); err != nil {
				return err
			}
		}
		difference, differ := differenceOf(versions[0], versions[1], c.Scope.Fields)
		if !differ {
			if versions[0] != nil {
				c.report.Alike++
			}
			continue
		}
		c.report.count(&difference)
		if err := c.See(difference); err != nil {
			return err
		}
	}
	return nil
}

func (r *Report) count(d *Difference) {
	switch d.Op {
	case usersync.Create:
		r.Created++
	case usersync.Delete:
		r.Deleted++
	default:
		r.Updated++
		for _, change := range d.Fields {
			r.ByField[change.Name]++
		}
	}
}
