//go:build unix

package pgtest

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// A janitor is a shell that waits until the tests' process is gone, stops the
// server if it still runs, and removes its folder. It notices by the end of its
// standard input, so it does its work after a SIGKILL, too.
type janitor struct {
	process *process
	input   io.Closer
}

// sweepUp is what the janitor does; $1 is the folder. A server that is being
// stopped may still write files while they are removed.
const sweepUp = `
cat >/dev/null
read -r pid 2>/dev/null <"$1/data/postmaster.pid" && kill -QUIT "$pid" 2>/dev/null
for try in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf -- "$1" 2>/dev/null && exit 0
	sleep 0.2
done
exit 1`

func newJanitor(dir string) (*janitor, error) {
	command := exec.Command("/bin/sh", "-c", sweepUp, "janitor", dir) //nolint:gosec // the folder is an argument, and one that was just made
	command.Dir = "/"
	// A session of its own keeps Ctrl-C in the terminal from it.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start janitor: %w", err)
	}
	process, err := startProcess(command)
	if err != nil {
		return nil, fmt.Errorf("start janitor: %w", err)
	}
	return &janitor{process: process, input: input}, nil
}

// dismiss has the janitor do its work now, and waits for it.
func (j *janitor) dismiss() error {
	if err := j.input.Close(); err != nil {
		return fmt.Errorf("dismiss janitor: %w", err)
	}
	select {
	case <-j.process.ended:
	case <-time.After(stopTime):
		return fmt.Errorf("dismiss janitor: it took more than %v", stopTime)
	}
	if !j.process.command.ProcessState.Success() {
		return fmt.Errorf("dismiss janitor: the server's folder could not be removed")
	}
	return nil
}
