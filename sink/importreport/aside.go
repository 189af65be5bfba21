package importreport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
)

// asideMost is how many earlier files of one name are kept, so that looking for a
// free name ends.
const asideMost = 10_000

// PutAside renames a file of an earlier import, which somebody may need or have
// worked on, so that a new one can take its name: users.csv.rejects.csv becomes
// users.csv.rejects.csv~, the next one ~2, and so on. One that was put aside before
// is never replaced. Where there is no file, nothing happens.
func PutAside(path string) error {
	if err := putAside(path); err != nil {
		return fmt.Errorf("put %s of an earlier import aside: %w", path, err)
	}
	return nil
}

func putAside(path string) error {
	for number := 1; number <= asideMost; number++ {
		name := path + "~"
		if number > 1 {
			name += strconv.Itoa(number)
		}
		// A link, unlike a renaming, does not replace what is there.
		switch err := os.Link(path, name); {
		case err == nil:
			return os.Remove(path)
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case errors.Is(err, fs.ErrExist):
		default:
			return renameAside(path, name)
		}
	}
	return fmt.Errorf("there are %d of %s~ already; remove those that are not needed", asideMost, path)
}

// renameAside is for file systems that know no links.
func renameAside(path, name string) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s is there already; rename one of the two", name)
		}
		return err
	}
	return os.Rename(path, name)
}
