package sink_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"usersync/sink"
	usersync "usersync/sync"
)

func TestCSVWaitsForTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users.csv")
	open := func(ctx context.Context, wait time.Duration) error {
		mirror, err := sink.OpenCSV(ctx, sink.CSVConfig{Path: path, WaitLock: wait, Logger: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = mirror.Close()
		}
		return err
	}
	first := openCSV(t, path)

	begun := time.Now()
	if err := open(t.Context(), 120*time.Millisecond); !errors.Is(err, usersync.ErrLocked) {
		t.Errorf("after waiting in vain: %v", err)
	}
	if waited := time.Since(begun); waited < 120*time.Millisecond {
		t.Errorf("waited %v", waited)
	}
	stopped, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if err := open(stopped, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("told to stop: %v", err)
	}

	opened := make(chan error)
	go func() { opened <- open(t.Context(), time.Hour) }()
	select {
	case err := <-opened:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}
