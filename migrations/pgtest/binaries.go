//go:build unix

package pgtest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldestVersion is the first major version of PostgreSQL that usersync supports.
const oldestVersion = 14

// errNoServer is returned where no usable server binaries are on the machine.
var errNoServer = errors.New("no PostgreSQL 14 or newer was found")

// findOrInstall is the folder of the server's binaries.
func findOrInstall() (string, error) {
	dir, err := findBinaries()
	if !errors.Is(err, errNoServer) {
		return dir, err
	}
	return install()
}

// findBinaries looks for a usable server on PATH and then where Debian and its
// kin put one folder a version, none of which is on PATH. The newest wins there.
func findBinaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		// A link on PATH points to a folder that has the other programs, too.
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			path = resolved
		}
		if dir := filepath.Dir(path); usable(dir) {
			return dir, nil
		}
	}
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	for _, dir := range dirs {
		if usable(dir) {
			return dir, nil
		}
	}
	return "", errNoServer
}

func usable(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "initdb"))
	return err == nil && version(dir) >= oldestVersion
}

// version is the major version of the server in a folder, and 0 if there is none
// that runs.
func version(dir string) int {
	output, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // asking a program its version is how it is found
	if err != nil {
		return 0
	}
	digits := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindSubmatch(output)
	if digits == nil {
		return 0
	}
	major, err := strconv.Atoi(string(digits[1]))
	if err != nil {
		return 0
	}
	return major
}
