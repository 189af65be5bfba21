package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// csvMode lets nobody but the owner read what is written: it is people's data.
const csvMode fs.FileMode = 0o600

// The kinds of files that a run makes beside the mirror for itself, and whose
// names end in a number.
const (
	csvTemp  = "tmp"
	csvSpare = "spool"
)

// csvPlace is where a mirror's file is, all links in its path resolved, so that
// a rename replaces the file and not a link to it.
type csvPlace struct {
	path, folder, name string
}

// maxLinks is how many links to links are followed, as many as Linux does.
const maxLinks = 40

// placeCSV finds the place of a file that need not exist. That file's folder
// must, and there may be nothing but a regular file.
func placeCSV(path string) (csvPlace, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return csvPlace{}, err
	}
	for range maxLinks {
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if errors.Is(err, fs.ErrNotExist) {
			return csvPlace{}, fmt.Errorf("there is no folder %s; make it, or name another path", filepath.Dir(path))
		}
		if err != nil {
			return csvPlace{}, err
		}
		place := csvPlace{path: filepath.Join(folder, filepath.Base(path)), folder: folder, name: filepath.Base(path)}
		info, err := os.Lstat(place.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return place, nil
		case err != nil:
			return csvPlace{}, err
		case info.Mode()&fs.ModeSymlink == 0:
			return place, checkRegular(info)
		}
		if path, err = os.Readlink(place.path); err != nil {
			return csvPlace{}, err
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
	}
	return csvPlace{}, fmt.Errorf("more than %d symbolic links lead on from it; name the file itself", maxLinks)
}

func checkRegular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a folder; name a file in it")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file, so it cannot be replaced as a whole; name another path")
	default:
		return nil
	}
}

// mustExist is an error where there is nothing of a mirror, or not its users.
func (p csvPlace) mustExist(users bool) error {
	traces := []string{p.path}
	if !users {
		traces = append(traces, csvLedger{p}.path(), p.forgotten())
	}
	for _, path := range traces {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return ErrNoMirror
}

// beside is the path of a hidden file that belongs to the mirror.
func (p csvPlace) beside(what string) string {
	return filepath.Join(p.folder, "."+p.name+"."+what)
}

// journal is the path of what is noted of a run that has begun.
func (p csvPlace) journal() string { return p.beside("run") }

// create makes a new file of a kind beside the mirror, with mode 0600.
func (p csvPlace) create(kind string) (*os.File, error) {
	return os.CreateTemp(p.folder, filepath.Base(p.beside(kind))+"-*")
}

// removeLeftovers removes the files that create made for runs that were killed,
// and names them. It may be called by whoever holds the lock.
func (p csvPlace) removeLeftovers() (removed []string, err error) {
	entries, err := os.ReadDir(p.folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if !p.isLeftover(entry.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(p.folder, entry.Name())); err != nil {
			return removed, err
		}
		removed = append(removed, entry.Name())
	}
	return removed, nil
}

// isLeftover wants the number at the end to be one, as another mirror in the
// folder may have a name that goes on where this one's ends.
func (p csvPlace) isLeftover(name string) bool {
	for _, kind := range []string{csvTemp, csvSpare} {
		number, found := strings.CutPrefix(name, filepath.Base(p.beside(kind))+"-")
		if found && number != "" && strings.Trim(number, "0123456789") == "" {
			return true
		}
	}
	return false
}

// sync makes a rename in the folder last through a power failure, where the file
// system knows how to.
func (p csvPlace) sync() error {
	folder, err := os.Open(p.folder)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}

// explainFile adds what to do to the errors of file systems that people meet.
func explainFile(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w; free some space: beside the mirror there must be room for its changes and a second copy of it", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; let this user write to the folder and read what is in it, or name another path", err)
	default:
		return err
	}
}
