package main

import (
	"fmt"
	"slices"
	"testing"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A recorded progress takes down what it was told.
type recorded struct {
	words progressWords
	told  *[]string
}

func (r recorded) update(p usersync.Progress) {
	*r.told = append(*r.told, fmt.Sprintf("%s %d of %d", r.words.doing, p.Users, p.Total))
}

func (r recorded) close() { *r.told = append(*r.told, "close") }

// TestImportProgress begins anew with each pass over the rows, also with a second
// one of the same kind, and when something was written in between.
func TestImportProgress(t *testing.T) {
	t.Parallel()
	var told []string
	p := &importProgress{show: func(words progressWords) progress { return recorded{words, &told} }}
	p.close()
	for _, at := range []userimport.Progress{
		{Phase: userimport.Checking, Done: 100},
		{Phase: userimport.Checking, Done: 200},
		{Phase: userimport.Checking, Done: 100, Total: 200},
		{Phase: userimport.Comparing, Done: 200, Total: 200},
	} {
		p.update(at)
	}
	p.close()
	p.update(userimport.Progress{Phase: userimport.Sending, Done: 100, Total: 200})
	p.close()
	p.close()
	want := []string{
		"checking rows 100 of -1", "checking rows 200 of -1", "close", "checking rows 100 of 200", "close",
		"comparing rows 200 of 200", "close", "sending rows 100 of 200", "close",
	}
	if !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
}
