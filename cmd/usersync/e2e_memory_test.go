//go:build linux

package main

import (
	"flag"
	"slices"
	"syscall"
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
		running := start(t, e.environ(), slices.Concat([]string{"sync"}, mirror.flags)...)
		began := time.Now()
		running.wait(t).wantCode(t, exitOK)
		usage, known := running.command.ProcessState.SysUsage().(*syscall.Rusage)
		if !known {
			t.Fatal("the system does not say what the program used")
		}
		peak := usage.Maxrss << 10 // the kernel counts in KiB
		t.Logf("%s of %d users into PostgreSQL: peak memory %d MB (limit %d MB), %.1f s", what, users, peak>>20, limit>>20, time.Since(began).Seconds())
		if peak > limit {
			t.Errorf("%s took %d MB", what, peak>>20)
		}
	}
}
