package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"usersync/sync/userimport"
)

const (
	journalName  = "journal.ndjson"
	previousName = "journal.previous.ndjson" // the last one that was put aside
)

// A journal is written while an import goes on.
type journal struct {
	path string

	mutex  sync.Mutex
	file   logFile
	seq    int   // of the last POST
	failed error // once a line could not be written, none may follow
}

// openJournal goes on with the journal of an unfinished import, or begins one.
func openJournal(cfg *Config) (*journal, *history, error) {
	header := importEntry{
		Version: journalVersion, Table: cfg.Table, Identifier: cfg.Identifier, Options: cfg.Options, Project: &cfg.Project,
		Endpoint: cfg.Endpoint, AppID: cfg.AppID, Started: cfg.Now().UTC(),
	}
	path := filepath.Join(cfg.Dir, journalName)
	past, err := pastOf(cfg, &header, path)
	if err != nil {
		return nil, nil, err
	}
	j := &journal{path: path, seq: past.seq}
	if err := prepare(path, past.size); err != nil {
		return nil, nil, err
	}
	if j.file, err = cfg.openFile(path); err != nil {
		return nil, nil, err
	}
	if past.touched() {
		return j, past, nil
	}
	if err := j.write(entry{Import: &header}); err != nil {
		return nil, nil, errors.Join(err, j.close())
	}
	return j, past, nil
}

// pastOf is what to go on from. A journal that came to its end is put aside, and
// so is one that is given up; one of an import that sent nothing binds nobody.
func pastOf(cfg *Config, header *importEntry, path string) (*history, error) {
	past, err := readHistory(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newHistory(), nil
	case err != nil && !cfg.Restart:
		return nil, err
	case err == nil && !past.touched():
		return newHistory(), nil
	case cfg.Restart || past.finished:
		return newHistory(), os.Rename(path, filepath.Join(cfg.Dir, previousName))
	}
	if differs := past.header.differs(header); len(differs) > 0 {
		return nil, &OtherImportError{Dir: cfg.Dir, Differs: differs}
	}
	return past, nil
}

// write adds a line. When it returns without an error the line is on the disk.
func (j *journal) write(line entry) error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.writeLocked(line)
}

func (j *journal) writeLocked(line entry) error {
	if j.failed != nil {
		return j.failed
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if _, err = j.file.Write(append(text, '\n')); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.failed = fmt.Errorf("write journal %s: %w; make room for it and run the same command again, which finds out what came of the last rows", j.path, err)
	}
	return j.failed
}

// post notes what is about to be sent, and numbers it.
func (j *journal) post(a *attempt, at time.Time, bytes int) (int, error) {
	line := &postEntry{Update: a.update, At: at.UTC(), Bytes: bytes}
	for _, r := range a.rows {
		line.Rows = append(line.Rows, r.item.Row)
		line.Digests = append(line.Digests, r.item.Digest)
		if a.update {
			line.Users = append(line.Users, r.item.User)
			line.Seen = append(line.Seen, userimport.Digest(r.item.Seen))
		}
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.seq++
	line.Seq = j.seq
	return line.Seq, j.writeLocked(entry{Post: line})
}

// results notes the end of rows, of one job or of none.
func (j *journal) results(job string, results []userimport.Result) error {
	rows := slices.Clone(results)
	for i := range rows {
		rows[i].Job = ""
	}
	return j.write(entry{Result: &resultEntry{Job: job, Rows: rows}})
}

func (j *journal) close() error { return j.file.Close() }

// differs says in which points another import is not the same.
func (h *importEntry) differs(other *importEntry) []string {
	var differs []string
	if h.Table != other.Table {
		differs = append(differs, "the file has changed")
	}
	for _, point := range []struct{ name, old, now string }{
		{"the project's endpoint", h.Endpoint, other.Endpoint},
		{"the app ID", h.AppID, other.AppID},
		{"the identifier", string(h.Identifier), string(other.Identifier)},
	} {
		if point.old != point.now {
			differs = append(differs, fmt.Sprintf("%s was %s and is %s", point.name, point.old, point.now))
		}
	}
	for _, option := range h.Options {
		if !slices.Contains(other.Options, option) {
			differs = append(differs, "it had "+option)
		}
	}
	for _, option := range other.Options {
		if !slices.Contains(h.Options, option) {
			differs = append(differs, "it did not have "+option)
		}
	}
	if len(differs) == 0 && !slices.Equal(h.Options, other.Options) {
		differs = append(differs, "its options were in another order")
	}
	return differs
}
