package sink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	usersync "usersync/sync"
)

// csvMerge puts the new file together from the old one and the spool.
type csvMerge struct {
	out        *bufio.Writer
	old        *oldCSV
	spool      *csvSpool
	sameFields bool // both files have the same fields
	copies     bool // the old file's rows may stand in the new one as they are
	buffer     []byte
	// from and to are the old file's bytes that are to be copied next: rows that
	// follow each other are copied in one go.
	from, to int64
}

func (m *csvMerge) run(ctx context.Context) error {
	if _, err := m.out.Write(usersync.AppendRow(nil, m.spool.columns)); err != nil {
		return err
	}
	for _, row := range m.old.rows {
		if err := m.place(ctx, row); err != nil {
			return err
		}
	}
	if err := m.copyPending(ctx); err != nil {
		return err
	}
	for _, change := range m.spool.newcomers() {
		if err := m.copy(ctx, m.spool.file, change.offset, int64(change.length)); err != nil {
			return err
		}
	}
	return nil
}

// place writes what has become of an old row.
func (m *csvMerge) place(ctx context.Context, row csvRow) error {
	change := m.spool.find(row.id)
	if change == nil && m.copies {
		return m.keep(ctx, row)
	}
	if err := m.copyPending(ctx); err != nil {
		return err
	}
	switch {
	case change == nil && row.gone && !m.spool.layout.keepDeleted:
		return nil // such rows are kept no longer
	case change == nil:
		return m.rewrite(ctx, row)
	case change.goes():
		return nil
	default:
		change.placed = true
		return m.copy(ctx, m.spool.file, change.offset, int64(change.length))
	}
}

// keep notes an unchanged row for copying. Where one byte stands between two
// rows it is LF, which the new file has there, too.
func (m *csvMerge) keep(ctx context.Context, row csvRow) error {
	if m.from == m.to || row.offset != m.to+1 {
		if err := m.copyPending(ctx); err != nil {
			return err
		}
		m.from = row.offset
	}
	m.to = row.offset + int64(row.length)
	return nil
}

func (m *csvMerge) copyPending(ctx context.Context) error {
	from, to := m.from, m.to
	m.from, m.to = 0, 0
	if from == to {
		return nil
	}
	return m.copy(ctx, m.old.file, from, to-from)
}

// rewrite writes an unchanged row under other columns: they stand in another
// order in a file that came from elsewhere, or there is one more or one fewer
// for users who are gone. With other fields, all but those are staged.
func (m *csvMerge) rewrite(ctx context.Context, row csvRow) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !m.sameFields && !row.gone {
		return fmt.Errorf("user %s was not staged, and the old file has other fields than the new one", row.id)
	}
	record, err := m.old.parse(row)
	if err != nil {
		return err
	}
	if err := m.spool.encode(record); err != nil {
		return err
	}
	_, err = m.out.Write(m.spool.row)
	return err
}

// copy copies rows and ends their last line.
func (m *csvMerge) copy(ctx context.Context, from io.ReaderAt, offset, length int64) error {
	for length > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := m.buffer[:min(length, int64(len(m.buffer)))]
		switch n, err := from.ReadAt(chunk, offset); {
		case n == len(chunk):
		case errors.Is(err, io.EOF):
			return errChangedMeanwhile
		default:
			return err
		}
		if _, err := m.out.Write(chunk); err != nil {
			return err
		}
		offset += int64(len(chunk))
		length -= int64(len(chunk))
	}
	return m.out.WriteByte('\n')
}
