package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ctrlC is the answer of somebody who presses Ctrl-C instead.
const ctrlC = "\x03"

// answering runs an import whose question gets the answer, on a terminal of its
// own, and returns all that was seen there.
func (b *importBench) answering(t *testing.T, answer string) (seen string, got ran) {
	t.Helper()
	outside, inside := terminal(t)
	defer func() { _ = outside.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, binary, b.arguments()...)
	command.Env = b.environ()
	var stdout strings.Builder
	command.Stdin, command.Stdout, command.Stderr = inside, &stdout, inside
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := inside.Close(); err != nil {
		t.Fatal(err)
	}
	var screen strings.Builder
	buffer := make([]byte, 4096)
	asked := false
	for {
		n, err := outside.Read(buffer)
		screen.Write(buffer[:n])
		if err != nil { // nobody writes to the terminal any more
			break
		}
		if !asked && strings.Contains(screen.String(), "[y/N]") {
			asked = true
			if answer == ctrlC {
				err = command.Process.Signal(syscall.SIGINT)
			} else {
				_, err = outside.WriteString(answer + "\n")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = command.Wait() // the exit code says it
	return screen.String(), ran{command.ProcessState.ExitCode(), stdout.String(), screen.String()}
}

// TestImportAsks after it has shown what it is going to do, and takes nothing but
// a yes for one.
func TestImportAsks(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(3)+"wrong,Wrong\n")
	for _, answer := range []string{"", "n", "maybe"} {
		seen, got := b.answering(t, answer)
		got.wantCode(t, exitRefused)
		for _, want := range []string{"to create    3", "rejected     1", "line 5, email \"wrong\"", "Estimate: ", "Send 3 rows to " + b.url + ", app myapp? [y/N]", "nothing was sent"} {
			if !strings.Contains(seen, want) {
				t.Errorf("after %q, %q is not in %s", answer, want, seen)
			}
		}
		if got.stdout != "" || b.Imports().Posts != 0 {
			t.Errorf("after %q: %+v", answer, got)
		}
		b.wantOnlyFile(t)
	}
	if _, got := b.answering(t, ctrlC); got.code != exitSignal+int(syscall.SIGINT) || b.Imports().Posts != 0 {
		t.Errorf("after Ctrl-C: %+v", got)
	}
	b.wantOnlyFile(t)
	seen, got := b.answering(t, "y")
	got.wantCode(t, exitRows)
	if !strings.Contains(got.stdout, "created     3") || len(b.names(t)) != 3 || !strings.Contains(seen, "[y/N] y\r\n\r\n") {
		t.Errorf("%+v", got)
	}
	// There is nothing left to send, so there is nothing to ask.
	if seen, got := b.answering(t, "n"); got.code != exitRows || strings.Contains(seen, "[y/N]") {
		t.Errorf("%+v", got)
	}
}

// wantOnlyFile wants nothing left of an import to which nobody said yes.
func (b *importBench) wantOnlyFile(t *testing.T) {
	t.Helper()
	if entries, err := os.ReadDir(b.folder); err != nil || len(entries) != 1 {
		t.Errorf("%v is left, %v", entries, err)
	}
}

// TestImportProgressOnTerminal: a bar for each pass, and nothing of it afterwards
// in the result.
func TestImportProgressOnTerminal(t *testing.T) {
	t.Parallel()
	b := newImportBench(t, "users.csv", people(2000))
	b.SetFaults(faultsAt(0, 300*time.Millisecond, 1))
	seen, stdout := onTerminal(t, b.environ(), false, b.arguments("--dry-run")...)
	if !strings.Contains(seen, "Comparing rows") || !strings.Contains(seen, "of 2,000") || strings.Contains(seen, "level=") {
		t.Errorf("no bar in %q", seen)
	}
	if strings.Contains(stdout, "Comparing") || !strings.Contains(stdout, "to create    2,000") {
		t.Errorf("the result is %q", stdout)
	}
}
