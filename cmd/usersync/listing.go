package main

import (
	"bufio"
	"os"
	"sync"
)

// A listing is a result that is written as it is found out, some of it at a time.
type listing struct {
	mu     sync.Mutex
	buffer *bufio.Writer
}

// newListing lists on standard output. Where that is the same as standard error,
// as on a terminal, a line that is logged never stands inside of what is listed.
func (a *app) newListing() *listing {
	l := &listing{buffer: bufio.NewWriter(a.stdout)}
	if sameFile(a.stdout, a.stderr.out) {
		a.stderr.mu.Lock()
		defer a.stderr.mu.Unlock()
		a.stderr.before = func() {
			// The error stays, and is that of every write from then on.
			_ = l.Flush()
		}
	}
	return l
}

// Write keeps or writes what is given in one piece.
func (l *listing) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(data)
}

// Flush writes what was kept.
func (l *listing) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Flush()
}

// sameFile says whether two streams end in the same place.
func sameFile(a, b any) bool {
	one, isFile := a.(*os.File)
	other, isFileToo := b.(*os.File)
	if !isFile || !isFileToo {
		return false
	}
	info, err := one.Stat()
	otherInfo, otherErr := other.Stat()
	return err == nil && otherErr == nil && os.SameFile(info, otherInfo)
}
