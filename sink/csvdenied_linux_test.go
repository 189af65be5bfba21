package sink_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"usersync/sink"
)

// asNobody runs a function with the file permissions of a user who has none,
// also where the tests run as root.
func asNobody(t *testing.T, run func()) {
	t.Helper()
	as(t, run, syscall.SYS_SETFSUID, nobody, 0)
}

const nobody = 65534

// as runs a function on a thread that is another user's, where the tests run as
// root, by a system call that makes it so.
func as(t *testing.T, run func(), call, first, second uintptr) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The thread is never unlocked, so it ends with the goroutine and nobody
		// else comes to run with its permissions.
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			if _, _, errno := syscall.RawSyscall(call, first, second, ^uintptr(0)); errno != 0 {
				t.Errorf("become nobody: %v", errno)
				return
			}
		}
		run()
	}()
	<-done
}

func TestCSVSaysWhatMayNotBeDone(t *testing.T) {
	t.Parallel()
	const advice = "; let this user write to the folder and read what is in it, or name another path"
	closed, open := t.TempDir(), t.TempDir()
	for folder, mode := range map[string]fs.FileMode{filepath.Dir(closed): 0o755, closed: 0o555, open: 0o777} {
		if err := os.Chmod(folder, mode); err != nil {
			t.Fatal(err)
		}
	}
	unreadable := filepath.Join(open, "users.csv")
	writeFile(t, unreadable, csvHeader)
	if err := os.Chmod(unreadable, 0); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"folder": filepath.Join(closed, "users.csv"), "file": unreadable} {
		asNobody(t, func() {
			mirror, err := sink.OpenCSV(t.Context(), sink.CSVConfig{Path: path, Logger: slog.New(slog.DiscardHandler)})
			if err == nil {
				_, err = mirror.Holds(t.Context())
				err = errors.Join(err, mirror.Close())
			}
			if !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), advice) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
