package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	usersync "usersync/sync"
)

// A rename and a line in the ledger cannot be made one step, so a run keeps a
// journal until it is in the ledger: .NAME.run, with one line when it begins,
// and one just before the rename, which says what is renamed and what the file
// will be. When a run was killed, its journal and the files tell together whether
// it was published; and so it is never missing from the ledger if it was, nor in
// it if it was not.

// csvJournal is the journal of the run that has begun.
type csvJournal struct {
	file   *os.File
	start  ledgerLine
	begun  int64 // the size of the line with which it begins
	beaten time.Time
}

// A journalEntry is one line of a journal.
type journalEntry struct {
	Run ledgerLine `json:"run"`
	// File is what the mirror is once the run is published; nil at the start.
	File *csvDigest `json:"file,omitempty"`
	// Temp is what the new file is called until then, and Old what the mirror is,
	// which is nil where there is none.
	Temp string    `json:"temp,omitempty"`
	Old  *csvStamp `json:"old,omitempty"`
}

// startCSVJournal notes a run that begins. The journal of the run before has
// been dealt with.
func startCSVJournal(place csvPlace, start ledgerLine) (*csvJournal, error) {
	file, err := os.OpenFile(place.journal(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, csvMode)
	if err != nil {
		return nil, err
	}
	j := &csvJournal{file: file, start: start, beaten: time.Now()}
	if j.begun, err = j.write(journalEntry{Run: start}); err == nil {
		err = place.sync()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(place.journal()))
	}
	return j, nil
}

// intend notes what the mirror will be in a moment, and what it is until then.
func (j *csvJournal) intend(report *usersync.Report, file csvDigest, temp string, old *csvStamp) error {
	_, err := j.write(journalEntry{Run: j.line(report), File: &file, Temp: temp, Old: old})
	return err
}

// retract takes back what was intended, if anything was, and did not happen.
func (j *csvJournal) retract() error {
	return errors.Join(j.file.Truncate(j.begun), j.file.Sync())
}

func (j *csvJournal) write(entry journalEntry) (size int64, err error) {
	text, err := json.Marshal(entry)
	if err != nil {
		return 0, err
	}
	n, err := j.file.Write(append(text, '\n'))
	if err != nil {
		return 0, err
	}
	return int64(n), j.file.Sync()
}

// line is the run's line in the ledger, by the report at its end.
func (j *csvJournal) line(report *usersync.Report) ledgerLine {
	line := j.start
	line.Report = *report
	line.RunID = j.start.RunID
	line.Imports = j.start.Imports.after(report)
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
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // meanwhile the run has come to its end, and is in the ledger
	}
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
		if published, err := c.cameToPass(intended); err != nil || published {
			return &intended.Run, err
		}
	}
	return begun.Run.dead(info.ModTime()), nil
}

// cameToPass says whether the mirror became what was intended. It may have been
// edited by hand since, and then it is neither that nor what it was before; but
// the new file is no longer there under the name that it had before the rename.
func (c *CSV) cameToPass(intended journalEntry) (bool, error) {
	if is, err := intended.File.is(c.place.path); err != nil || is || intended.Temp == "" {
		return is, err
	}
	_, err := os.Lstat(filepath.Join(c.place.folder, intended.Temp))
	if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	untouched, err := intended.Old.is(c.place.path)
	return err == nil && !untouched, err
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
