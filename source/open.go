package source

import (
	"bufio"
	"errors"
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
		err = readUTF8(text, read)
	}
	if err != nil {
		return fmt.Errorf("read users from %s: %w", path, err)
	}
	return nil
}

// ErrUTF16 means that a file of users is in UTF-16, as some spreadsheets save text.
var ErrUTF16 = errors.New("the file is in UTF-16: save it as UTF-8 (a spreadsheet calls it CSV UTF-8)")

// readUTF8 has a function read a text, unless it begins as no UTF-8 does: with
// UTF-16's byte order mark, or a character of two bytes of which one is 0.
func readUTF8(text io.Reader, read func(io.Reader) error) error {
	buffered := bufio.NewReader(text)
	// Less than that is for the function to find wrong, as is any error.
	head, _ := buffered.Peek(2)
	if len(head) == 2 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff || (head[0] == 0) != (head[1] == 0)) {
		return ErrUTF16
	}
	return read(buffered)
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
