package userimport

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"iter"
)

// survey reads the whole table before anything else is done: a table that is
// broken anywhere is refused whole, its digest is what the journal knows it by,
// and login IDs that stand in two rows are found.
func (r *run) survey(ctx context.Context) error {
	r.duplicates = NewDuplicates()
	digest := newTableDigest(r.Table)
	for row, err := range r.rows(ctx, Checking) {
		if err != nil {
			return err
		}
		digest.add(row)
		r.plan.Rows++
		record, _ := r.Mapping.Record(row)
		for _, kind := range Identifiers() {
			if value := record.LoginID(kind); value != "" {
				r.duplicates.Add(kind, kind.Normalize(value))
			}
		}
	}
	r.digest = digest.sum()
	r.states = make([]state, r.plan.Rows)
	if r.plan.Rows == 0 {
		return &RefusedError{Reason: "the table has no rows", Remedy: "Check that it is the right file"}
	}
	if r.duplicates.Suspects() == 0 {
		return nil
	}
	for row, err := range r.rows(ctx, Checking) {
		if err != nil {
			return err
		}
		record, _ := r.Mapping.Record(row)
		for _, kind := range Identifiers() {
			if value := record.LoginID(kind); value != "" {
				r.duplicates.Note(kind, kind.Normalize(value), cmp.Or(row.Line, row.Number))
			}
		}
	}
	return nil
}

// repeated are the problems of a row whose login IDs stand in other rows too.
func (r *run) repeated(row Row, record Record) []Problem {
	var problems []Problem
	for _, kind := range Identifiers() {
		value := record.LoginID(kind)
		if value == "" {
			continue
		}
		if others, more := r.duplicates.Others(kind, kind.Normalize(value), cmp.Or(row.Line, row.Number)); len(others) > 0 {
			problems = append(problems, Problem{
				Row: row.Number, Line: row.Line, Column: r.columnOf(kind), Value: shortened(value),
				Rule: "stands in more than one row", Where: othersText(others, more, row.Line == 0),
				Hint: "leave one of them in, with all that the user is to have",
			})
		}
	}
	return problems
}

// columnOf is the column that a login ID comes from, as the header spells it.
func (r *run) columnOf(kind Identifier) string {
	for _, target := range r.Mapping.Targets() {
		if target.Field == string(kind) && target.Column != "" {
			return target.Column
		}
	}
	return string(kind)
}

// othersText names other places: lines, or rows where lines do not tell.
func othersText(places []int, more int, rows bool) string {
	text := "also on line"
	if rows {
		text = "also in row"
	}
	if len(places)+more > 1 {
		text += "s"
	}
	for i, place := range places {
		switch {
		case i == 0:
			text += fmt.Sprintf(" %d", place)
		case i == len(places)-1 && more == 0:
			text += fmt.Sprintf(" and %d", place)
		default:
			text += fmt.Sprintf(", %d", place)
		}
	}
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// rows reads the table once more, and tells how far it is.
func (r *run) rows(ctx context.Context, phase Phase) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for row, err := range r.Table.Rows(ctx) {
			if !yield(row, err) {
				return
			}
			if r.Progress != nil && row.Number%progressStep == 0 {
				r.Progress(Progress{Phase: phase, Done: row.Number, Total: len(r.states)})
			}
		}
	}
}

const progressStep = 100

// A tableDigest is made from the columns and values of a table, whatever file
// they stand in.
type tableDigest struct {
	hash   hash.Hash
	buffer []byte
}

func newTableDigest(table Table) *tableDigest {
	d := &tableDigest{hash: sha256.New()}
	for _, column := range table.Columns() {
		d.text(column)
	}
	d.flush()
	return d
}

func (d *tableDigest) add(row Row) {
	for _, value := range row.Values {
		switch {
		case value.Absent:
			d.buffer = append(d.buffer, 'a')
		case value.JSON != nil:
			d.buffer = append(d.buffer, 'j')
		default:
			d.buffer = append(d.buffer, 't')
		}
		d.text(value.String())
	}
	d.flush()
}

// text is written with its length before it, so that no two tables can be spelled alike.
func (d *tableDigest) text(text string) {
	d.buffer = binary.AppendUvarint(d.buffer, uint64(len(text)))
	d.buffer = append(d.buffer, text...)
}

func (d *tableDigest) flush() {
	_, _ = d.hash.Write(d.buffer) // a hash never fails
	d.buffer = d.buffer[:0]
}

func (d *tableDigest) sum() Digest { return Digest(d.hash.Sum(nil)[:16]) }
