package sink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	usersync "usersync/sync"
)

// withdraw takes people off the refusals in the ledger, which is replaced as a
// whole where there are such.
func (l csvLedger) withdraw(ctx context.Context, ids []usersync.ID) error {
	old, err := os.Open(l.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take people off the ledger: %w", explainFile(err))
	}
	defer old.Close() //nolint:errcheck // nothing was written
	if err := l.rewrite(ctx, old, ids); err != nil {
		return fmt.Errorf("take people off the ledger %s: %w", l.path(), explainFile(err))
	}
	return nil
}

func (l csvLedger) rewrite(ctx context.Context, old io.Reader, ids []usersync.ID) error {
	file, err := l.place.create(csvTemp)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	withdrew, err := copyWithout(ctx, out, old, ids)
	err = errors.Join(err, out.Flush(), file.Sync(), file.Close())
	if err != nil || !withdrew {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), l.path()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return l.place.sync()
}

// copyWithout copies a ledger, and says whether somebody was taken off it.
func copyWithout(ctx context.Context, out io.Writer, old io.Reader, ids []usersync.ID) (withdrew bool, err error) {
	off := make(map[string]bool, len(ids))
	for _, id := range ids {
		off[id.String()] = true
	}
	for in := bufio.NewReader(old); ; {
		text, err := in.ReadBytes('\n')
		if len(text) == 0 || err != nil && !errors.Is(err, io.EOF) || ctx.Err() != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return withdrew, errors.Join(err, ctx.Err())
		}
		var line ledgerLine
		if json.Unmarshal(text, &line) == nil && slices.ContainsFunc(line.Refused, func(id string) bool { return off[id] }) {
			withdrew = true
			line.Refused = slices.DeleteFunc(line.Refused, func(id string) bool { return off[id] })
			if text, err = json.Marshal(line); err != nil {
				return false, err
			}
			text = append(text, '\n')
		}
		if _, err := out.Write(text); err != nil {
			return false, err
		}
	}
}
