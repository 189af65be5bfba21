package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A CSVCheckup looks at a mirror in a file as a run would find it. It changes
// nothing.
type CSVCheckup struct {
	place csvPlace
}

// CheckUpCSV finds the file's place; the error is [OpenCSV]'s.
func CheckUpCSV(path string) (*CSVCheckup, error) {
	place, err := placeCSV(path)
	if err != nil {
		return nil, fmt.Errorf("open mirror %s: %w", path, explainFile(err))
	}
	return &CSVCheckup{place}, nil
}

// Folder is where the file is, or will be.
func (c *CSVCheckup) Folder() string { return c.place.folder }

// Denied is an error where a run could not do what it does: read and replace the
// file, and write what it keeps beside it. It asks for permissions, and cannot
// tell whether there is room on the disk.
func (c *CSVCheckup) Denied() error {
	if err := accessible(c.place.folder, canRead|canWrite|canSearch); err != nil {
		return fmt.Errorf("write in folder %s: %w", c.place.folder, explainFile(err))
	}
	for path, how := range map[string]uint32{
		c.place.path:              canRead,
		c.place.forgotten():       canRead,
		c.place.beside("lock"):    canRead,
		c.place.journal():         canRead | canWrite,
		csvLedger{c.place}.path(): canRead | canWrite,
	} {
		if err := accessible(path, how); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("use %s: %w", filepath.Base(path), explainFile(err))
		}
	}
	return nil
}

// Holder is the run whose journal lies beside the file: who holds the mirror, if
// somebody does.
func (c *CSVCheckup) Holder() (*Holder, error) {
	text, err := os.ReadFile(c.place.journal())
	if errors.Is(err, fs.ErrNotExist) {
		return &Holder{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the run's journal: %w", err)
	}
	first, _, _ := bytes.Cut(text, []byte{'\n'})
	var begun journalEntry
	if err := json.Unmarshal(first, &begun); err != nil {
		return &Holder{}, nil //nolint:nilerr // it is about to be written
	}
	return &Holder{Run: begun.Run.RunID, Host: begun.Run.Host, Since: begun.Run.StartedAt}, nil
}
