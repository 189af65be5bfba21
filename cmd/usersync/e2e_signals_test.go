//go:build unix

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations/pgtest"
)

// TestSignalsStopARun within two seconds, whatever it waits for, with nothing
// changed and a last word for pipelines.
func TestSignalsStopARun(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, kind := range []string{"csv", "postgres"} {
			t.Run(kind+" "+signal.String(), func(t *testing.T) {
				t.Parallel()
				stopARun(t, kind, signal)
			})
		}
	}
}

func stopARun(t *testing.T, kind string, signal syscall.Signal) {
	t.Helper()
	e, mirror, schema := newEmulated(t, 450), newMirror(t), pgtest.Schema(t)
	to := []string{"--to", mirror, "--json"}
	if kind == "postgres" {
		to = []string{"--to", pgtest.URL(t), "--schema", schema, "--json"}
	}
	arrived, _ := e.holdAt(t, 4)
	running := start(t, e.environ(), append([]string{"sync"}, to...)...)
	await(t, "the fourth request", arrived)
	sent := time.Now()
	running.signal(t, signal)
	got := running.wait(t).wantCode(t, exitSignal+int(signal))
	if took := time.Since(sent); took > 2*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	var report struct{ Status, Error string }
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("%v in %q", err, got.stdout)
	}
	if report.Status != "interrupted" || !strings.Contains(report.Error, "interrupted by") || !strings.Contains(got.stderr, "The mirror is as it was") {
		t.Errorf("%+v", got)
	}
	if kind == "csv" {
		if files := filesBeside(t, mirror); !slices.Equal(files, []string{"users.csv.runs.ndjson"}) {
			t.Errorf("left behind: %q", files)
		}
		return
	}
	conn, table := pgtest.Conn(t), func(name string) string { return pgx.Identifier{schema, name}.Sanitize() }
	var status string
	var users int
	if err := conn.QueryRow(t.Context(), "select status, (select count(*) from "+table("users")+") from "+table("runs")).Scan(&status, &users); err != nil {
		t.Fatal(err)
	}
	if status != "interrupted" || users != 0 {
		t.Errorf("the ledger says %s, the mirror has %d users", status, users)
	}
}

// stubbornVariable makes the test binary a program that never ends by itself
// once it was asked to.
const stubbornVariable = "USERSYNC_TEST_STUBBORN"

func beStubborn() {
	ctx := stoppedBySignals(context.Background())
	_, _ = os.Stdout.WriteString("ready\n")
	<-ctx.Done()
	_, _ = os.Stdout.WriteString("asked\n")
	select {}
}

// TestSecondSignalKills: whoever asks twice does not want to wait.
func TestSecondSignalKills(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, self)
	command.Env = append(os.Environ(), stubbornVariable+"=1")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"ready\n", "asked\n"} {
		line := make([]byte, len(said))
		if _, err := output.Read(line); err != nil || string(line) != said {
			t.Fatalf("%q, %v", line, err)
		}
		if err := command.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	_ = command.Wait() // being killed is what is wanted
	status, known := command.ProcessState.Sys().(syscall.WaitStatus)
	if !known || !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended by %v", command.ProcessState)
	}
}
