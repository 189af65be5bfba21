package main

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"usersync/migrations/database"
)

// TestFailuresSayWhatToDo, wherever their errors say it.
func TestFailuresSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err          error
		code         int
		detail, hint string
	}{
		{err: usageErrorf("--a does not go with --b. Leave one of them out"), code: exitUsage, detail: "--a does not go with --b", hint: "Leave one of them out"},
		{err: usageErrorf("there is no folder x; make it, or name another path"), code: exitUsage, detail: "there is no folder x", hint: "Make it, or name another path"},
		{err: usageErrorf("read x.yaml: broken"), code: exitUsage, detail: "read x.yaml: broken", hint: "Correct the setting that this is about"},
		{err: errors.New("read x: no luck"), code: exitFailed, detail: "read x: no luck", hint: "If this lasts, report it"},
		{
			err:  &database.Error{Doing: "connect", Reason: "nobody there; or no way", Remedy: "Start it", Class: database.Temporary},
			code: exitTemporary, detail: "connect: nobody there; or no way", hint: "Start it",
		},
	} {
		e := &examination{limit: checkTime}
		if err := e.check(t.Context(), groupMirror, check{name: "x", look: func(context.Context) finding { return failure(test.err) }}); err != nil {
			t.Fatal(err)
		}
		if got := e.findings[0]; got.Detail != test.detail || got.Hint != test.hint || e.code() != test.code {
			t.Errorf("%v: %+v, code %d", test.err, got, e.code())
		}
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mode    fs.FileMode
		private bool
		want    finding
	}{
		{0o600, true, finding{Status: statusOK, Detail: "nobody else can read the file (mode 0600)"}},
		{0o440, true, finding{Status: statusOK, Detail: "the superuser handed the file to its group, and nobody else can read it (mode 0440)"}},
		{0o644, false, finding{Status: statusWarning, Detail: "other users of this machine can read or change the file (mode 0644)", Hint: "chmod 600 key.pem"}},
	} {
		if got := keyFileFinding("key.pem", test.mode, test.private); got != test.want {
			t.Errorf("%+v", got)
		}
	}
}
