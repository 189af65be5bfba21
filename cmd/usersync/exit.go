package main

import (
	"errors"
	"fmt"
	"strings"

	"usersync/adminapi"
	"usersync/migrations/database"
	usersync "usersync/sync"
)

// The exit codes. They are a promise: scripts decide by them, so none is ever
// given another meaning.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitRows         = 3
	exitDifferences  = 4
	exitRefused      = 5
	exitLocked       = 6
	exitUnauthorized = 7
	exitTemporary    = 8
	exitTimeLimit    = 10
	exitSignal       = 128 // and the signal's number: 130, 143
)

// errDifferences makes the exit code say that there are differences. It is no
// failure and gets no word.
var errDifferences = errors.New("there are differences")

// errRows makes the exit code say that there are rows to look at. The result has
// told of them.
var errRows = errors.New("there are rows to look at")

// errTold makes the exit code say that it failed, where people have been told how.
var errTold = errors.New("it failed")

// A usageError is something for the person at the keyboard to put right.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usageErrorf(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// conclude says what went wrong, if anything, and returns the exit code.
func (a *app) conclude(err error) int {
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errDifferences) && !errors.Is(err, errRows) && !errors.Is(err, errTold) {
		// There is nobody left to tell that standard error cannot be written to.
		_, _ = fmt.Fprintln(a.stderr, a.stderr.fitted(programName+": "+sentence(err)))
	}
	return exitCode(err)
}

// exitCode is the one place that turns errors into exit codes. Which error
// stands for what is decided by the packages that return them.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errDifferences):
		return exitDifferences
	case errors.Is(err, errRows):
		return exitRows
	case errors.Is(err, usersync.ErrLocked):
		return exitLocked
	case errors.Is(err, usersync.ErrTimeLimit):
		return exitTimeLimit
	}
	if found, is := errors.AsType[*diagnosis](err); is {
		return found.code
	}
	if stopped, is := errors.AsType[*interruption](err); is {
		return exitSignal + int(stopped.signal)
	}
	if _, is := errors.AsType[*usageError](err); is {
		return exitUsage
	}
	if _, is := errors.AsType[*usersync.RefusedError](err); is {
		return exitRefused
	}
	if code, is := importExitCode(err); is {
		return code
	}
	if failure, is := errors.AsType[*adminapi.Error](err); is {
		switch {
		case failure.Unauthorized():
			return exitUnauthorized
		case failure.Retryable():
			return exitTemporary
		}
		return exitFailed
	}
	if failure, is := errors.AsType[*database.Error](err); is {
		switch failure.Class {
		case database.Misconfigured:
			return exitUsage
		case database.Temporary:
			return exitTemporary
		case database.Failed:
		}
	}
	return exitFailed
}

// sentence is what people are told of an error.
func sentence(err error) string {
	return strings.TrimRight(err.Error(), "\n")
}
