//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// stopTime is how long a process may take to end before it is killed.
const stopTime = 20 * time.Second

// A process is a child that was started and not yet seen to end.
type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed when it has ended
}

// startProcess starts a child from a thread that lives as long as the child:
// what a child is told to do when its parent dies, Linux does when the thread
// dies that started it.
func startProcess(command *exec.Cmd) (*process, error) {
	p := &process{command: command, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			// How it ended is of no interest: mostly by the signal it was sent.
			_ = command.Wait()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// end sends the signal and waits until the process has ended, by force at last.
func (p *process) end(signal syscall.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.command.Path, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTime):
	}
	err := p.command.Process.Kill()
	<-p.ended
	return errors.Join(fmt.Errorf("stop %s: it took more than %v and was killed", p.command.Path, stopTime), err)
}
