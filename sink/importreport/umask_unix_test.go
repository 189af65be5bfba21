//go:build unix

package importreport_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"usersync/sync/userimport"
)

// TestFilesArePrivateUnderAnyUmask: no more can be read, and no less.
//
//nolint:paralleltest // the umask is that of the whole process
func TestFilesArePrivateUnderAnyUmask(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o277, 0o777} {
		in, folder := openTable(t, "users.csv", []byte("email\na\n")), t.TempDir()
		log, to := filled(t, userimport.Failed), rejectsIn(folder, "rejects.csv")
		results := filepath.Join(folder, "results.csv")
		before := syscall.Umask(umask)
		err := log.WriteResults(t.Context(), results, in, noSecret)
		if err == nil {
			_, err = log.WriteRejects(t.Context(), to, in)
		}
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{results, to.Path, to.Reasons} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("under the umask %#o: %v, %v", umask, info.Mode(), err)
			}
		}
	}
}
