// Package database reaches the PostgreSQL that a mirror lives in: it connects,
// sets the session up so that nothing rests on how the server is configured, and
// turns the driver's errors into sentences for people.
package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

const (
	// oldestVersion is the first server_version_num that is supported.
	oldestVersion = 140000
	// connectTime is how long a connection may take to come about, unless the
	// URL has its own connect_timeout.
	connectTime = 10 * time.Second
	// keepAlive is how often an idle connection is probed, so that firewalls do
	// not forget it during a long sweep and a dead server is noticed.
	keepAlive = 30 * time.Second
	// cancelTime is how long a statement may go on after its context has ended:
	// then the connection is given up.
	cancelTime = 500 * time.Millisecond
)

// Connect connects to the database at a URL of the form
// postgres://USER@HOST:PORT/DATABASE and prepares the session with [Configure].
// A statement whose context ends is cancelled on the server, and the connection
// stays usable. A server older than PostgreSQL 14, a database in another encoding
// than UTF8 and a connection pooler in transaction mode are refused. Errors are
// [*Error]s or the context's.
func Connect(ctx context.Context, address string) (*pgx.Conn, error) {
	config, err := parse(address)
	if err != nil {
		return nil, err
	}
	doing := "connect to " + place(config)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, Explain(ctx, doing, err)
	}
	if err := inspect(ctx, conn, doing); err != nil {
		return nil, errors.Join(err, Close(conn))
	}
	return conn, nil
}

func parse(address string) (*pgx.ConnConfig, error) {
	wrong := &Error{Doing: "read the database URL", Class: Misconfigured}
	parsed, err := url.Parse(address)
	switch {
	// What comes after an unescaped / ? # in a password would be taken for a
	// name, and shown; the parser's own error quotes it, too.
	case err != nil, strings.Contains(parsed.EscapedPath()+parsed.RawQuery+parsed.EscapedFragment(), "@"), parsed.Fragment != "":
		wrong.Reason = "it is not a valid URL"
		wrong.Remedy = "Write postgres://USER:PASSWORD@HOST:PORT/DATABASE, and in the password %2F for /, %3F for ?, %23 for #, %40 for @ and %25 for %"
		return nil, wrong
	case parsed.Scheme != "postgres" && parsed.Scheme != "postgresql":
		wrong.Reason = "it does not begin with postgres://"
		wrong.Remedy = "Write postgres://USER@HOST:PORT/DATABASE"
		return nil, wrong
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		wrong.Reason = settingProblem(err)
		wrong.Remedy = "Correct that setting in the URL, in the PG… variables of the environment, or in the file it names"
		return nil, wrong
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	config.DialFunc = (&net.Dialer{KeepAlive: keepAlive}).DialContext
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "usersync"
	}
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTime}
	}
	return config, nil
}

// settingProblem is what the driver says of a setting, without the URL that it
// repeats before.
func settingProblem(err error) string {
	var wrong *pgconn.ParseConfigError
	if !errors.As(err, &wrong) {
		return "a setting in it is not valid"
	}
	bare := *wrong
	bare.ConnString = ""
	return strings.TrimPrefix(bare.Error(), "cannot parse ``: ")
}

func place(config *pgx.ConnConfig) string {
	where := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if strings.HasPrefix(config.Host, "/") {
		where = "the socket in " + config.Host
	}
	name := config.Database
	if name == "" {
		name = config.User
	}
	return fmt.Sprintf("database %q at %s as user %q", name, where, config.User)
}

func inspect(ctx context.Context, conn *pgx.Conn, doing string) error {
	var version int
	var session uint32
	var name, encoding string
	err := conn.QueryRow(ctx, `select pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
		pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_encoding'),
		pg_catalog.pg_backend_pid()::pg_catalog.int8`, pgx.QueryExecModeSimpleProtocol).Scan(&version, &name, &encoding, &session)
	if err != nil {
		return Explain(ctx, doing, err)
	}
	if version < oldestVersion {
		return &Error{
			Doing: doing, Reason: "the server is PostgreSQL " + name + ", and usersync needs 14 or newer",
			Remedy: "Use another server or bring this one up to date", Class: Misconfigured,
		}
	}
	if encoding != "UTF8" {
		return &Error{
			Doing: doing, Reason: "the database is encoded in " + encoding + ", which cannot hold every name",
			Remedy: "Use a database made with: create database NAME encoding 'UTF8' template template0", Class: Misconfigured,
		}
	}
	if err := refusePooler(ctx, conn, session, doing); err != nil {
		return err
	}
	return Configure(ctx, conn)
}

// Configure sets the session up as usersync's statements need it, whatever is
// configured for the server, the database or the user.
func Configure(ctx context.Context, conn *pgx.Conn) error {
	const doing = "set up the session"
	_, err := conn.Exec(ctx, "select "+
		// Nothing is found by a search path but what belongs to PostgreSQL.
		"pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false), "+
		// JSON shows times in the session's zone, and old times in some zones
		// have offsets with seconds, which RFC 3339 cannot write.
		"pg_catalog.set_config('TimeZone', 'UTC', false), "+
		// A policy that hides rows would make a mirror look empty: rather an
		// error than that.
		"pg_catalog.set_config('row_security', 'off', false)")
	if err != nil {
		return Explain(ctx, doing, err)
	}
	// A run ends by its own context, and its session is idle for as long as the
	// source is slow. Which limits there are depends on the server's version.
	_, err = conn.Exec(ctx, `select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings
		where name in ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout')`)
	if err != nil {
		return Explain(ctx, doing, err)
	}
	// A statement whose client was killed ends soon, and gives back its locks.
	// Servers on systems where that cannot be noticed refuse the value.
	_, err = conn.Exec(ctx, "select pg_catalog.set_config('client_connection_check_interval', '500ms', false)")
	var refused *pgconn.PgError
	if err != nil && !(errors.As(err, &refused) && refused.Code == invalidParameterValue) {
		return Explain(ctx, doing, err)
	}
	return nil
}

// invalidParameterValue is the SQLSTATE for a setting's value that will not do.
const invalidParameterValue = "22023"

// closeTime bounds how long the server is waited for when a connection is closed.
const closeTime = 500 * time.Millisecond

// Close closes a connection, within half a second whatever the server does, and
// takes no context because what has to be closed mostly outlives its context.
func Close(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := conn.Close(ctx); err != nil {
		return fmt.Errorf("close the connection to the database: %w", innermost(err))
	}
	return nil
}
