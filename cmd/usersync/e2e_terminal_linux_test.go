package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// terminal opens a pseudo-terminal of 100 columns: what is written to the second
// file is read from the first.
func terminal(t *testing.T) (outside, inside *os.File) {
	t.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine gives no terminals: %v", err)
	}
	var number, unlocked uint32
	size := [4]uint16{40, 100}
	for request, argument := range map[uintptr]unsafe.Pointer{
		syscall.TIOCSPTLCK: unsafe.Pointer(&unlocked), syscall.TIOCGPTN: unsafe.Pointer(&number), syscall.TIOCSWINSZ: unsafe.Pointer(&size),
	} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, outside.Fd(), request, uintptr(argument)); errno != 0 {
			t.Fatal(errno)
		}
	}
	inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return outside, inside
}

// onTerminal runs the binary with standard error, and standard output if wanted,
// on a terminal, and returns what was seen there and what was not.
func onTerminal(t *testing.T, environ []string, both bool, args ...string) (seen, stdout string) {
	t.Helper()
	outside, inside := terminal(t)
	defer func() { _ = outside.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = environ
	var result strings.Builder
	command.Stdout, command.Stderr = &result, inside
	if both {
		command.Stdout = inside
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := inside.Close(); err != nil {
		t.Fatal(err)
	}
	// Reading a terminal that nobody writes to any more is an error.
	screen, _ := io.ReadAll(outside)
	if err := command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, screen)
	}
	return string(screen), result.String()
}

// TestProgressOnTerminal: a bar while it runs, nothing of it afterwards, and no
// log of what goes well.
func TestProgressOnTerminal(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 2000)
	e.SetFaults(faultsAt(0, 300*time.Millisecond, 1))
	seen, stdout := onTerminal(t, e.environ(), false, "sync", "--to", newMirror(t))
	if !strings.Contains(seen, "Reading users") || !strings.Contains(seen, "of 2,000") || !strings.Contains(seen, "/s, ") || !strings.Contains(seen, " left") {
		t.Errorf("no bar in %q", seen)
	}
	if strings.Contains(seen, "level=") || strings.Contains(seen, "sweep") {
		t.Errorf("a log in %q", seen)
	}
	if strings.Contains(stdout, "Reading") || strings.Contains(stdout, "\x1b") || !strings.Contains(stdout, "created     2,000") {
		t.Errorf("the result is %q", stdout)
	}
}

// TestWarningsOnTerminal are words for people, above the bar.
func TestWarningsOnTerminal(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 5)
	if err := os.Chmod(e.keyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	seen, _ := onTerminal(t, e.environ(), false, "sync", "--to", newMirror(t), "--quiet")
	if !strings.HasPrefix(seen, "usersync: warning: key file ") || strings.Contains(seen, "Reading users") {
		t.Errorf("seen: %q", seen)
	}
}

// TestListOnTerminal keeps lines short enough, and no bar writes over them.
func TestListOnTerminal(t *testing.T) {
	t.Parallel()
	e := newEmulated(t, 150)
	e.SetFaults(faultsAt(0, 200*time.Millisecond, 1))
	seen, _ := onTerminal(t, e.environ(), true, "sync", "--to", newMirror(t), "--dry-run", "-v")
	if strings.Contains(seen, "Reading users") || !strings.Contains(seen, "to create   150") {
		t.Errorf("seen: %q", seen)
	}
	for line := range strings.SplitSeq(seen, "\n") {
		if len([]rune(line)) > 100 {
			t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
		}
	}
}

// TestHelpOnTerminal is as wide as that, as far as it is read with ease.
func TestHelpOnTerminal(t *testing.T) {
	t.Parallel()
	seen, _ := onTerminal(t, nil, true, "sync", "--help")
	widest := 0
	for line := range strings.SplitSeq(seen, "\n") {
		widest = max(widest, len([]rune(strings.TrimRight(line, "\r"))))
	}
	if widest > 100 || widest < 90 {
		t.Errorf("%d columns of 100:\n%s", widest, seen)
	}
}

// TestErrorsFitOnTerminal: they are broken between words, and elsewhere not at
// all.
func TestErrorsFitOnTerminal(t *testing.T) {
	t.Parallel()
	outside, inside := terminal(t)
	t.Cleanup(func() { _ = outside.Close(); _ = inside.Close() })
	text := strings.Repeat("refused nothing changed ", 20)
	fitted := (&console{out: inside}).fitted(text)
	for line := range strings.SplitSeq(fitted, "\n") {
		if len(line) > 100 || len(line) < 80 && !strings.HasSuffix(fitted, line) {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
	if strings.Join(strings.Fields(fitted), " ")+" " != text {
		t.Errorf("words were lost: %s", fitted)
	}
	table := strings.Repeat("a table ", 20) + "\n  of lines"
	if got := (&console{out: inside}).fitted(table); got != table {
		t.Errorf("it became %s", got)
	}
	if got := (&console{out: new(strings.Builder)}).fitted(text); got != text {
		t.Errorf("where there is no terminal, it became %s", got)
	}
}

// TestNothingSteersATerminal: users who are exported to it or compared are shown
// without what it would act upon.
func TestNothingSteersATerminal(t *testing.T) {
	t.Parallel()
	steering := "a\x1b[2Jb\u009bc\u202ed"
	line := func(name string) string {
		return `{"sub":"00000000-0000-4000-8000-000000000001","name":"` + strings.ReplaceAll(name, "\x1b", `\u001b`) + `"}` + "\n"
	}
	path, other := writeFile(t, "users.ndjson", line(steering)), writeFile(t, "other.ndjson", line(steering+"e"))
	for _, args := range [][]string{
		{"export", "--from", path, "--out", "-", "--format", "csv"},
		{"export", "--from", path, "--out", "-", "--format", "ndjson"},
		{"diff", path, other, "--json"},
	} {
		seen := shownOnTerminal(t, args...)
		if strings.ContainsAny(seen, "\x1b\u009b\u202e") {
			t.Errorf("%q: %q", args, seen)
		}
		if !strings.Contains(seen, `a\u001b[2Jb\u009bc\u202ed`) {
			t.Errorf("%q does not show the name: %q", args, seen)
		}
	}
}

// shownOnTerminal is what the binary shows there of its result, whether it finds
// differences or not.
func shownOnTerminal(t *testing.T, args ...string) string {
	t.Helper()
	outside, inside := terminal(t)
	defer func() { _ = outside.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Stdout = inside
	if args[0] == "export" {
		command.Stderr = inside // no bar may come between the rows
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := inside.Close(); err != nil {
		t.Fatal(err)
	}
	// Reading a terminal that nobody writes to any more is an error.
	screen, _ := io.ReadAll(outside)
	if err := command.Wait(); err != nil && command.ProcessState.ExitCode() != exitDifferences {
		t.Fatalf("%v: %s", err, screen)
	}
	return string(screen)
}
