package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// An interruption is why a context ended: somebody asked the program to stop.
type interruption struct {
	signal syscall.Signal
	after  string // how things stand now, or nothing
}

// Error names the signal as people know it.
func (i *interruption) Error() string {
	name := i.signal.String()
	switch i.signal {
	case syscall.SIGINT:
		name = "Ctrl-C (SIGINT)"
	case syscall.SIGTERM:
		name = "SIGTERM"
	}
	return strings.TrimSpace("interrupted by " + name + ". " + i.after)
}

// Unwrap makes an interruption a cancellation to whoever knows no signals, even
// where only the cause of a context's end is passed on.
func (i *interruption) Unwrap() error { return context.Canceled }

// interrupted is what a command returns whose work ended with err: the
// interruption, with how things stand, if that is what ended it.
func interrupted(ctx context.Context, err error, after string) error {
	stopped, is := errors.AsType[*interruption](context.Cause(ctx))
	if !is || !errors.Is(err, context.Canceled) {
		return err
	}
	return &interruption{signal: stopped.signal, after: after}
}

// stoppedBySignals is a context that SIGINT and SIGTERM end. Only the first is
// caught: whoever sends a second does not want to wait, and it kills at once, as
// if nobody had listened.
func stoppedBySignals(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		received := <-caught
		signal.Stop(caught)
		if s, known := received.(syscall.Signal); known {
			cancel(&interruption{signal: s})
		}
	}()
	return ctx
}
