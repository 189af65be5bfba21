package table_test

import (
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// reporter is what tests and the checks of properties have in common.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

func compare[T any](t reporter, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
