package sink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"

	usersync "usersync/sync"
)

// A rename and a line in the ledger cannot be made one step, so a run keeps a
// journal until it is in the ledger: .NAME.run, with one line when it begins,
// and one just before the rename, which says what the file will be. When a run
// was killed, its journal and the file tell together whether it was published;
// and so it is never missing from the ledger if it was, nor in it if it was not.

// csvJournal is the journal of the run that has begun.
type csvJournal struct {
	file   *os.File
	start  ledgerLine
	beaten time.Time
}

// A journalEntry is one line of a journal.
type journalEntry struct {
	Run ledgerLine `json:"run"`
	// File is what the mirror is once the run is published; nil at the start.
	File *csvDigest `json:"file,omitempty"`
}

// startCSVJournal notes a run that begins. The journal of the run before has
// been dealt with.
func startCSVJournal(place csvPlace, start ledgerLine) (*csvJournal, error) {
	file, err := os.OpenFile(place.journal(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, csvMode)
	if err != nil {
		return nil, err
	}
	j := &csvJournal{file: file, start: start, beaten: time.Now()}
	if err := errors.Join(j.write(journalEntry{Run: start}), place.sync()); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(place.journal()))
	}
	return j, nil
}

// intend notes what the mirror will be in a moment.
func (j *csvJournal) intend(report *usersync.Report, file csvDigest) error {
	return j.write(journalEntry{Run: j.line(report), File: &file})
}

func (j *csvJournal) write(entry journalEntry) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

// line is the run's line in the ledger, by the report at its end.
func (j *csvJournal) line(report *usersync.Report) ledgerLine {
	line := j.start
	line.Report = *report
	line.RunID = j.start.RunID
	if report.Status == usersync.StatusRefused {
		line.Refused = make([]string, len(report.Refused))
		for i, id := range report.Refused {
			line.Refused[i] = id.String()
		}
	}
	return line
}

func (j *csvJournal) beat() error {
	now := time.Now()
	if now.Sub(j.beaten) < csvBeatPause {
		return nil
	}
	j.beaten = now
	return os.Chtimes(j.file.Name(), now, now)
}

func (j *csvJournal) close() error { return j.file.Close() }

func removeCSVJournal(place csvPlace) error {
	if err := os.Remove(place.journal()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// leftBehind is the line that the run before is owed, as it died before it could
// write it; nil if it is owed none. It changes nothing.
func (c *CSV) leftBehind(ctx context.Context) (*ledgerLine, error) {
	text, err := os.ReadFile(c.place.journal())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing is left behind
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(c.place.journal())
	if err != nil {
		return nil, err
	}
	start, text, _ := bytes.Cut(text, []byte{'\n'})
	intent, _, noted := bytes.Cut(text, []byte{'\n'})
	var begun, intended journalEntry
	if !json.Valid(start) {
		return nil, nil // it died before it had begun
	}
	if err := json.Unmarshal(start, &begun); err != nil {
		return nil, fmt.Errorf("read %s: its first line is not one that a run wrote: %w", c.place.journal(), err)
	}
	last, err := c.ledger.last(ctx)
	if err != nil || last != nil && last.RunID == begun.Run.RunID {
		return nil, err
	}
	if noted {
		if err := json.Unmarshal(intent, &intended); err != nil {
			return nil, fmt.Errorf("read %s: its second line is not one that a run wrote: %w", c.place.journal(), err)
		}
		if published, err := intended.File.is(c.place.path); err != nil || published {
			return &intended.Run, err
		}
	}
	return begun.Run.dead(info.ModTime()), nil
}

// dead is the line of a run that ended without a word, of which there was a sign
// of life at the given time.
func (l ledgerLine) dead(alive time.Time) *ledgerLine {
	sentence := "The run ended without a word. Nothing of it was published; the next run does its work."
	l.Status, l.Error, l.Died = usersync.StatusInterrupted, &sentence, true
	l.FinishedAt = alive.UTC()
	l.DurationSeconds = l.FinishedAt.Sub(l.StartedAt).Seconds()
	return &l
}

// A csvDigest tells one content of a file from any other.
type csvDigest struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func digestOf(size int64, sum hash.Hash) csvDigest {
	return csvDigest{Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}
}

// is says whether the file has that content. One that is not there has none.
func (d *csvDigest) is(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	return err == nil && d != nil && digestOf(size, sum) == *d, err
}
