package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"

	usersync "usersync/sync"
)

// A ledgerLine is a run in a CSV mirror's ledger: its report, as --json prints
// it, and what else is worth looking back on.
type ledgerLine struct {
	usersync.Report
	Version string   `json:"version"`
	Host    string   `json:"host"`
	Fields  []string `json:"fields"`
	// Refused are the ids for whose sake the run was refused.
	Refused []string `json:"refused,omitempty"`
	// Imports are what is still to be read once the run has ended; every line
	// carries it on from the one before.
	Imports imports `json:"imports,omitempty"`
	// Died says that the run ended without a word, and the line was written for
	// it: then there are no figures.
	Died bool `json:"died,omitempty"`
}

// csvLedger is the file of a mirror's runs, NAME.runs.ndjson, with one line for
// each run that ended, in the order in which they did. Whether the latest is in
// it, the run's journal says.
type csvLedger struct {
	place csvPlace
}

func (l csvLedger) path() string { return l.place.path + ".runs.ndjson" }

// append adds a line and sees to it that it lasts. What a crash left of a line
// without an end is taken away before, and of this one, if it cannot be written.
func (l csvLedger) append(line *ledgerLine) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(l.path(), os.O_RDWR|os.O_CREATE, csvMode)
	if err != nil {
		return err
	}
	err = errors.Join(l.write(file, append(text, '\n')), file.Close())
	if err == nil {
		err = l.place.sync()
	}
	return err
}

func (l csvLedger) write(file *os.File, text []byte) error {
	if err := file.Chmod(csvMode); err != nil {
		return err
	}
	end, err := l.mend(file)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(text, end)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		err = errors.Join(err, file.Truncate(end))
	}
	return err
}

// mend ends the last line, or takes it away where a crash cut it short, and
// returns where the next one is to begin.
func (l csvLedger) mend(file *os.File) (end int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	end = info.Size()
	for last, err := range linesBackward(file, end) {
		if err != nil || last.ended {
			return end, err
		}
		if !json.Valid(last.text) {
			return last.offset, file.Truncate(last.offset)
		}
		_, err := file.WriteAt([]byte{'\n'}, end)
		return end + 1, err
	}
	return end, nil
}

// lines yields the ledger from its end on. A last line that a crash cut short is
// passed over; any other that cannot be read is an error.
func (l csvLedger) lines(ctx context.Context) iter.Seq2[*ledgerLine, error] {
	return func(yield func(*ledgerLine, error) bool) {
		file, err := os.Open(l.path())
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(nil, fmt.Errorf("read ledger: %w", explainFile(err)))
			return
		}
		defer file.Close() //nolint:errcheck // nothing was written
		if err := l.read(ctx, file, yield); err != nil {
			yield(nil, fmt.Errorf("read ledger %s: %w", l.path(), explainFile(err)))
		}
	}
}

func (l csvLedger) read(ctx context.Context, file *os.File, yield func(*ledgerLine, error) bool) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	for text, err := range linesBackward(file, info.Size()) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(text.text)) == 0 {
			continue
		}
		line := new(ledgerLine)
		if err := json.Unmarshal(text.text, line); err != nil || line.RunID == "" {
			if !text.ended {
				continue
			}
			return l.unreadable(file, text.offset)
		}
		if !yield(line, nil) {
			return nil
		}
	}
	return nil
}

// unreadable names the line that begins at an offset. What it holds is not
// shown: it is not what it should be.
func (l csvLedger) unreadable(file io.ReaderAt, offset int64) error {
	number, buffer := 1, make([]byte, 64<<10)
	for at := int64(0); at < offset; {
		n, err := file.ReadAt(buffer[:min(offset-at, int64(len(buffer)))], at)
		if err != nil {
			return err
		}
		number += bytes.Count(buffer[:n], []byte{'\n'})
		at += int64(n)
	}
	return fmt.Errorf("line %d is not one that a run wrote; mend or remove it, or move the file away: "+
		"then nothing is known of earlier runs, and deletions of the last hours no longer count", number)
}

// imports are what is still to be read of what was imported.
func (l csvLedger) imports(ctx context.Context) (imports, error) {
	last, err := l.last(ctx)
	if err != nil || last == nil {
		return nil, err
	}
	return last.Imports, nil
}

// last is the line of the run that ended last; nil if there is none.
func (l csvLedger) last(ctx context.Context) (*ledgerLine, error) {
	for line, err := range l.lines(ctx) {
		return line, err
	}
	return nil, nil // no run has ended yet
}
