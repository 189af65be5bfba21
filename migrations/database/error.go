package database

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Class is what an error means for whoever decides what to do next.
type Class uint8

// The classes of errors.
const (
	Failed        Class = iota // something is wrong that neither time nor settings mend
	Temporary                  // the same may work later: nobody answers, connections broke or are used up
	Misconfigured              // an address, a name, a password or a permission has to be changed
)

// An Error is what went wrong with a database, for people: one sentence of what
// happened and one of what to do. It shows no password and nothing that is
// stored, and no error of the driver can be found in it.
type Error struct {
	// Doing is what was tried: "write users".
	Doing string
	// Reason is what came in the way, Remedy what to do; neither ends in a full stop.
	Reason, Remedy string
	Class          Class
}

// Error is both sentences.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s. %s.", e.Doing, e.Reason, e.Remedy)
}

// Temporary says whether the same may work later.
func (e *Error) Temporary() bool { return e.Class == Temporary }

// Explain turns an error of the driver into an [*Error]. When the context has
// ended, that is the reason whatever the driver made of it, and the error wraps
// the context's. An error that Explain made before is returned as it is.
func Explain(ctx context.Context, doing string, err error) error {
	if _, explained := errors.AsType[*Error](err); explained {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	if server, answered := errors.AsType[*pgconn.PgError](err); answered {
		return explainServer(doing, server)
	}
	return explainConnection(doing, err)
}

// remedies are what to do about the server's errors, by SQLSTATE or, for two
// characters, by class of them.
//
//nolint:gochecknoglobals // a table of constants, which Go has no other way to write
var remedies = map[string]struct {
	class  Class
	remedy string
}{
	"08":    {Temporary, "Run it again; if this lasts, look into the server's log"},
	"22":    {Failed, "Look into the server's log for the value"},
	"23":    {Failed, "The tables hold something that usersync did not write; look at what else writes there"},
	"25006": {Misconfigured, "The address is that of a standby, or writing is switched off: use the primary server's address"},
	"28":    {Misconfigured, "Check the user and the password in the database URL, PGPASSFILE or PGPASSWORD, and the server's pg_hba.conf"},
	"3D000": {Misconfigured, "Create the database, or correct its name in the database URL"},
	"3F000": {Misconfigured, "Run `usersync migrate up`"},
	"40":    {Temporary, "Run it again: something else was at work on the same rows"},
	"42501": {Misconfigured, "Have this permission granted to the user, or use another user"},
	"42P01": {Misconfigured, "Run `usersync migrate up`"},
	"42703": {Misconfigured, "The tables are not as usersync makes them: run `usersync migrate status`, or use another schema"},
	"42P07": {Misconfigured, "Other tables are in this schema: choose one of usersync's own with --schema"},
	"42710": {Misconfigured, "Other things are in this schema: choose one of usersync's own with --schema"},
	"53100": {Failed, "Make room on the database server's disk and run it again"},
	"53":    {Temporary, "Try again later, or give the server more of what it lacks"},
	"55":    {Temporary, "Run it again when the other work on these tables is done"},
	"57014": {Temporary, "An administrator or a time limit of the server ended it: run it again"},
	"57":    {Temporary, "Run it again when the server is up"},
	"58":    {Failed, "Look into the server's log"},
	"XX":    {Failed, "Look into the server's log"},
}

func explainServer(doing string, server *pgconn.PgError) error {
	known, found := remedies[server.Code]
	if !found {
		known, found = remedies[server.Code[:min(2, len(server.Code))]]
	}
	if !found {
		known.remedy = "Look into the server's log"
	}
	reason := fmt.Sprintf("the database answered %s (SQLSTATE %s)", server.Message, server.Code)
	// The messages of these two, and of what triggers raise, can quote a value.
	switch class := server.Code[:min(2, len(server.Code))]; {
	case class == "23" && server.ConstraintName != "":
		reason = fmt.Sprintf("a row breaks the rule %s (SQLSTATE %s)", server.ConstraintName, server.Code)
	case class == "22", class == "23", class == "P0", class == "":
		reason = fmt.Sprintf("the database refused a value (SQLSTATE %s)", server.Code)
	}
	return &Error{Doing: doing, Reason: reason, Remedy: known.remedy, Class: known.class}
}

// explainConnection explains what is no answer of the server.
func explainConnection(doing string, err error) error {
	e := &Error{Doing: doing, Class: Temporary, Remedy: "Check the host and the port of the database URL and that the server is up, and try again"}
	var unknownHost *net.DNSError
	var badCertificate *tls.CertificateVerificationError
	var netError net.Error
	switch {
	case errors.As(err, &unknownHost) && !unknownHost.IsTimeout:
		e.Reason = "the name of the host is unknown"
	case errors.As(err, &badCertificate):
		e.Reason, e.Class = "the server's certificate cannot be trusted: "+badCertificate.Err.Error(), Misconfigured
		e.Remedy = "Give its authority with sslrootcert=FILE in the database URL"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Reason = "nothing answers there (connection refused)"
	case errors.Is(err, os.ErrNotExist):
		e.Reason = "there is no socket of a server in that folder"
	case errors.As(err, &netError) && netError.Timeout(), errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		e.Reason = "no answer came in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, pgconn.ErrConnClosed),
		errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		e.Reason, e.Remedy = "the connection to the database broke", "Run it again; if this lasts, look into the server's log"
	case strings.Contains(err.Error(), "server refused TLS connection"):
		e.Reason, e.Class = "the server does not offer TLS", Misconfigured
		e.Remedy = "Switch it on there, or, on a network that you trust, say sslmode=disable in the database URL"
	default:
		e.Reason, e.Class, e.Remedy = innermost(err).Error(), Failed, "Check the database URL and the server's log"
	}
	return e
}

// innermost is the error that all others wrap. The outer ones of the driver
// repeat the address, which the sentence already says.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
