package source

import (
	"fmt"
	"io"
	"iter"
	"os"

	"usersync/source/table"
	usersync "usersync/sync"
)

// readText has a function read what is in a file, unpacked. Errors name the file.
func readText(path string, read func(io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read users from a file: %w", err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	text, done, err := table.Unpack(file)
	if err == nil {
		defer done()
		err = read(text)
	}
	if err != nil {
		return fmt.Errorf("read users from %s: %w", path, err)
	}
	return nil
}

// alive passes over who is gone.
func alive(records iter.Seq2[usersync.Record, error]) iter.Seq2[*usersync.User, error] {
	return func(yield func(*usersync.User, error) bool) {
		for record, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			if !record.Gone() && !yield(record.User, nil) {
				return
			}
		}
	}
}
