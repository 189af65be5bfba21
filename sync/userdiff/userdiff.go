package userdiff

import (
	"context"
	"iter"

	usersync "usersync/sync"
)

// A Side is one of the two collections.
type Side struct {
	Users Reader
	// Once says that nobody should be yielded twice. By their ids, who is ends the
	// comparison with an error. On other sides what comes first of a user counts, as in
	// what usersync exports.
	Once bool
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
	// TempDir is where temporary files are made; the system's place when empty.
	TempDir string
	// Memory is how many bytes are held of each thing that is put in order, of which
	// there are up to three at a time, before it goes to a temporary file; 8 MiB when
	// 0. Values of a single user may be more.
	Memory int
	// Progress may be nil. It is told what goes on, in words, and how far it is; the
	// total is -1 where it is not known.
	Progress func(doing string, users, total int)
	// See is called for each difference, in the order of the keys' bytes. Its error ends
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

const defaultMemory = 8 << 20

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

type comparison struct {
	Config

	report    Report
	fields    usersync.FieldSet // that are read
	differing differing
	line      []byte
}

// Compare compares both sides. The error is that of a side, of See or of a
// temporary file. The report is there in any case, as far as it got.
func Compare(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.Memory == 0 {
		cfg.Memory = defaultMemory
	}
	c := &comparison{Config: cfg, fields: cfg.Scope.Fields}
	c.report.ByField = make(map[string]int)
	c.differing.keys = c.sorter()
	if cfg.Key != nil {
		c.fields = c.fields.Union(usersync.FieldsNamed([]string{cfg.Key.Name}))
	}
	err := c.findDiffering(ctx)
	if err == nil && c.differing.keys.count > 0 {
		err = c.tellDiffering(ctx)
	}
	return &c.report, closing(err, &c.differing.keys)
}

func (c *comparison) sorter() sorter { return sorter{dir: c.TempDir, memory: c.Memory} }

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

// findDiffering reads both sides and finds who differs.
func (c *comparison) findDiffering(ctx context.Context) (err error) {
	indexes := [2]sorter{c.sorter(), c.sorter()}
	defer func() { err = closing(err, &indexes[0], &indexes[1]) }()
	for i := range indexes {
		if err := c.index(ctx, i, &indexes[i]); err != nil {
			return err
		}
	}
	return c.choose(ctx, &indexes)
}

// tellDiffering reads the values of who differs and passes them on.
func (c *comparison) tellDiffering(ctx context.Context) (err error) {
	versions := [2]sorter{c.sorter(), c.sorter()}
	defer func() { err = closing(err, &versions[0], &versions[1]) }()
	for i := range versions {
		if err := c.fetch(ctx, i, &versions[i]); err != nil {
			return err
		}
	}
	keys, err := c.differing.keys.read()
	if err != nil {
		return err
	}
	var finders [2]*finder
	for i := range finders {
		if finders[i], err = newFinder(&versions[i], c.Scope.Fields); err != nil {
			return err
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, more, err := keys.next()
		if err != nil || !more {
			return err
		}
		var users [2]*usersync.User
		for i, f := range finders {
			if users[i], err = f.find(r.key); err != nil {
				return err
			}
		}
		if err := c.tell(users[0], users[1]); err != nil {
			return err
		}
	}
}

// tell passes on in what two versions of a user differ, if they still do.
func (c *comparison) tell(a, b *usersync.User) error {
	difference, differ := differenceOf(a, b, c.Scope.Fields)
	if !differ {
		if a != nil {
			c.report.Alike++
		}
		return nil
	}
	c.report.count(&difference)
	return c.See(difference)
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
