package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"usersync/migrations/database"
	"usersync/sink/importreport"
	"usersync/source/table"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// stdinName is the argument that means standard input.
const stdinName = "-"

// importInput is the table that is imported.
type importInput struct {
	*table.File
	path string // of the file that is read
	name string // where the rows are from, for people
	// spool is where rows are kept that cannot be read again, nil where they can;
	// made says that this run put them there.
	spool *spool
	made  bool
	// queried says that the rows are those of a query.
	queried bool
	// guarded says that cells are guarded against being run as formulas.
	guarded bool
}

// input opens the table. What can be read only once is copied to the spool first,
// unless an earlier run has done so.
func (a *app) input(ctx context.Context, o *importOptions, args []string) (*importInput, error) {
	options, err := o.tableOptions()
	if err != nil {
		return nil, err
	}
	if o.spool == "" {
		file, err := table.Open(ctx, args[0], options)
		if err != nil {
			return nil, unreadable(ctx, err)
		}
		return &importInput{File: file, path: args[0], name: args[0]}, nil
	}
	rows := &spool{path: o.spool, journal: cmp.Or(o.journal, o.spool+".import")}
	in := &importInput{path: o.spool, spool: rows}
	if o.from == "" {
		in.name, rows.source = "standard input", sourceDigest(stdinName)
		rows.fill = func() (*table.File, error) { return table.Spool(ctx, a.stdin, o.spool, options) }
	} else {
		a.warnOfPassword("from", o.from)
		from, err := parseDestination("from", strings.TrimSpace(o.from), strings.TrimSpace(o.mirror.databaseURL))
		if err != nil {
			return nil, err
		}
		if from.url == "" {
			return nil, usageErrorf("--from is for databases: postgres://USER@HOST/DATABASE. Name a file without it")
		}
		in.name, in.queried = "a query in "+from.String(), true
		rows.source = sourceDigest(from.url, o.query)
		rows.fill = func() (*table.File, error) { return table.SpoolQuery(ctx, from.url, o.query, o.spool) }
	}
	if in.File, in.made, err = rows.open(ctx, options); err == nil && !in.made {
		a.logger.Warn("the rows are those that an earlier run kept in " + o.spool + ", as their import has not come to its end; to read them anew, remove that file and add --restart")
	}
	if err != nil {
		return nil, unreadable(ctx, err)
	}
	return in, nil
}

// unreadable makes what is wrong with a file, or with the rows of a query, the
// person's to put right. Errors of tables and of databases say so themselves.
func unreadable(ctx context.Context, err error) error {
	missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
	switch {
	case ctx.Err() != nil, isError[*userimport.TableError](err), isError[*database.Error](err), errors.Is(err, usersync.ErrLocked):
		return err
	case isError[*fs.PathError](err) && !missing: // the disk, or the system
		return err
	}
	return &usageError{err}
}

// describe says where the rows are from and how they are written.
func (in *importInput) describe() string {
	if in.queried {
		return in.name
	}
	parts := []string{map[table.Format]string{table.CSV: "CSV", table.NDJSON: "NDJSON", table.JSON: "JSON"}[in.Format()]}
	dialect := in.Dialect()
	switch dialect.Delimiter {
	case 0, ',':
	case '\t':
		parts = append(parts, "tabs between cells")
	default:
		parts = append(parts, fmt.Sprintf("%c between cells", dialect.Delimiter))
	}
	if dialect.Encoding != table.UTF8 {
		parts = append(parts, string(dialect.Encoding))
	}
	return fmt.Sprintf("%s (%s)", in.name, strings.Join(parts, ", "))
}

// Rows yields the rows, without the guard against formulas where cells have one.
// Those of a query are known by their numbers: nobody sees the lines of its spool.
func (in *importInput) Rows(ctx context.Context) iter.Seq2[userimport.Row, error] {
	if !in.guarded && !in.queried {
		return in.File.Rows(ctx)
	}
	return func(yield func(userimport.Row, error) bool) {
		for row, err := range in.File.Rows(ctx) {
			if in.queried {
				row.Line = 0
			}
			if in.guarded {
				row = withTexts(row, usersync.UnguardFormula)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// NewWriter begins a file that is written as this one is.
func (in *importInput) NewWriter(w io.Writer) (importreport.RowWriter, error) {
	writer, err := in.Writer(w)
	if err != nil {
		return nil, err
	}
	if in.guarded {
		return guardedWriter{writer}, nil
	}
	return writer, nil
}
