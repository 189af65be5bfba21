//go:build linux

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

var measure = flag.Bool("measure", false, "measure the peak memory with as many users as were recorded of a real project")

// The memory of a run does not grow with what it copies: a first run and one
// without changes stay below the limit. The emulator and the database are other
// processes.
func TestPeakMemory(t *testing.T) {
	t.Parallel()
	const limit = 100 << 20 // bytes
	users := 3_000
	if *measure {
		users = 20_651
	}
	e, mirror := newEmulated(t, users), postgresTarget(t)
	for _, what := range []string{"a first run", "a run without changes"} {
		running := start(t, e.environ(), slices.Concat([]string{"sync", "--mode", "full"}, mirror.flags)...)
		running.wantMemory(t, limit, fmt.Sprintf("%s of %d users into PostgreSQL", what, users)).wantCode(t, exitOK)
	}
}

// wantMemory waits for a process that was just started, says what it took, and fails
// the test if that was more than the limit, in bytes.
func (s *started) wantMemory(t *testing.T, limit int64, what string) ran {
	t.Helper()
	began := time.Now()
	ended := make(chan struct{})
	peak := make(chan int64)
	go func() { peak <- peakMemory(s.command.Process.Pid, ended) }()
	got := s.wait(t)
	close(ended)
	high := <-peak
	t.Logf("%s: peak memory %d MB (limit %d MB), %.1f s", what, high>>20, limit>>20, time.Since(began).Seconds())
	if high > limit || high < 1<<20 {
		t.Errorf("%s took %d bytes", what, high)
	}
	return got
}

// peakMemory watches a process until it has ended. What the kernel tells of a
// process that has ended counts the memory of the one that started it, too.
func peakMemory(pid int, ended <-chan struct{}) (peak int64) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return peak
		case <-ticker.C:
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue // it is gone, and whoever waits for it will say so
		}
		_, line, _ := bytes.Cut(status, []byte("VmHWM:"))
		number, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if kibibytes, err := strconv.ParseInt(string(number), 10, 64); err == nil {
			peak = max(peak, kibibytes<<10)
		}
	}
}
