package main

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"usersync/sink/importer"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// TestImportExitCodes of errors as they come, with others around and beside them.
func TestImportExitCodes(t *testing.T) {
	t.Parallel()
	for code, errs := range map[int][]error{
		exitRows:                         {errRows},
		exitUsage:                        {&userimport.MappingError{}, &userimport.TableError{Err: errors.New("x")}},
		exitRefused:                      {&userimport.RefusedError{}, &importer.OtherImportError{}, &importer.FirstJobError{}, &importer.LoginIDError{}},
		exitLocked:                       {usersync.ErrLocked},
		exitTemporary:                    {&userimport.QuotaError{}, &importer.StandstillError{}},
		exitSignal + int(syscall.SIGINT): {&interruption{signal: syscall.SIGINT}, &usersync.StoppedError{Cause: &interruption{signal: syscall.SIGINT}}},
		exitFailed:                       {errors.New("x")},
	} {
		for _, err := range errs {
			for _, err := range []error{err, fmt.Errorf("read: %w", err), errors.Join(err, errors.New("and more"))} {
				if got := exitCode(err); got != code {
					t.Errorf("%T is %d, want %d", err, got, code)
				}
			}
		}
	}
}
