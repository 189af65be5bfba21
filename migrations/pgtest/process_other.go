//go:build unix && !linux

package pgtest

import "syscall"

// dieWithParent does nothing where the system has no such thing: there the
// janitor alone stops a server whose tests were killed.
func dieWithParent(*syscall.SysProcAttr) {}
