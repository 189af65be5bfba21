package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"usersync/sync/userimport"
)

// Learned is what the unfinished import in the folder found the project to have,
// and nil where there is none to go on with.
func Learned(dir string) (*userimport.Project, error) {
	past, err := readHistory(filepath.Join(dir, journalName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("open journal %s: %w", dir, err)
	case !past.touched() || past.finished:
		return nil, nil
	}
	return past.header.Project, nil
}

// Begun says whether the folder has the journal of an import that has not come to
// its end, as far as can be told.
func Begun(dir string) bool {
	past, err := readHistory(filepath.Join(dir, journalName))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return !past.finished
}
