package database_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"usersync/migrations/database"
)

func TestExplainServerErrors(t *testing.T) {
	t.Parallel()
	for code, test := range map[string]struct {
		class  database.Class
		says   string
		hidden bool // the message may quote a value and must not be shown
	}{
		"57P01": {database.Temporary, "server is up", false},
		"08006": {database.Temporary, "Run it again", false},
		"40001": {database.Temporary, "at work on the same rows", false},
		"40P01": {database.Temporary, "at work on the same rows", false},
		"53100": {database.Failed, "disk", false},
		"53300": {database.Temporary, "later", false},
		"28P01": {database.Misconfigured, "PGPASSFILE", false},
		"3D000": {database.Misconfigured, "Create the database", false},
		"42501": {database.Misconfigured, "permission", false},
		"42P01": {database.Misconfigured, "migrate up", false},
		"25006": {database.Misconfigured, "standby", false},
		"22P02": {database.Failed, "SQLSTATE 22P02", true},
		"23514": {database.Failed, "SQLSTATE 23514", true},
		"P0001": {database.Failed, "SQLSTATE P0001", true},
		"XX001": {database.Failed, "server's log", false},
		"99999": {database.Failed, "server's log", false},
		"":      {database.Failed, "server's log", true},
	} {
		refused := &pgconn.PgError{Code: code, Message: "about ann@example.com", Detail: "Row contains (private).", Where: "COPY private"}
		err := database.Explain(t.Context(), "write users", fmt.Errorf("wrapped: %w", refused))
		var explained *database.Error
		if !errors.As(err, &explained) || explained.Class != test.class || explained.Temporary() != (test.class == database.Temporary) {
			t.Errorf("%s: class %v, want %d", code, err, test.class)
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err)} {
			if !strings.HasPrefix(text, "write users: ") || !strings.Contains(text, test.says) || !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q, want %q in it", code, text, test.says)
			}
			if strings.Contains(text, "private") || test.hidden == strings.Contains(text, "ann@") {
				t.Errorf("%s: the message shown %v: %q", code, !test.hidden, text)
			}
		}
		if errors.As(err, &refused) {
			t.Errorf("%s: the driver's error is still in it", code)
		}
	}
}

func TestExplainNamesTheRuleThatARowBreaks(t *testing.T) {
	t.Parallel()
	err := database.Explain(t.Context(), "write users", &pgconn.PgError{Code: "23505", ConstraintName: "users_pkey", Message: "private"})
	if !strings.Contains(err.Error(), "users_pkey") || strings.Contains(err.Error(), "private") {
		t.Error(err)
	}
}

func TestExplainPutsTheContextFirst(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, cause := range []error{&pgconn.PgError{Code: "57014"}, io.ErrUnexpectedEOF} {
		if err := database.Explain(ctx, "write users", cause); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "write users") {
			t.Errorf("%v became %v", cause, err)
		}
	}
}

func TestExplainLeavesWhatIsExplained(t *testing.T) {
	t.Parallel()
	before := fmt.Errorf("publish: %w", &database.Error{Doing: "write users", Reason: "why", Remedy: "what"})
	if after := database.Explain(t.Context(), "again", before); after != before { //nolint:errorlint // the very same
		t.Errorf("%v became %v", before, after)
	}
	if want := "publish: write users: why. what."; before.Error() != want {
		t.Errorf("%q, want %q", before, want)
	}
}

func TestExplainBrokenConnections(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{io.EOF, io.ErrUnexpectedEOF, pgconn.ErrConnClosed} {
		var explained *database.Error
		if err := database.Explain(t.Context(), "write users", cause); !errors.As(err, &explained) || !explained.Temporary() || !strings.Contains(err.Error(), "broke") {
			t.Errorf("%v became %v", cause, err)
		}
	}
}
