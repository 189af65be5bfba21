package table

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"usersync/migrations/database"
	"usersync/sync/userimport"
)

// SpoolQuery writes the rows of a query to a new file, as [Spool] does, and opens
// it: NDJSON, an object a row, with a key for each of the query's columns. The
// query is one statement that only reads, in a database at a URL of the form
// postgres://USER:PASSWORD@HOST:PORT/DATABASE, and sees one instant.
//
// Values are as PostgreSQL makes JSON of them, exact: NULL is null and not the
// empty text, numbers keep their digits, arrays and composites become arrays and
// objects, json and jsonb stand as they are, instants are RFC 3339 in UTC. A
// timestamp without time zone has none there either. Columns need names, each a
// different one; "address.country" is a name, too.
//
// Errors of the database are [*database.Error]s.
func SpoolQuery(ctx context.Context, url, query, path string) (*File, error) {
	return spool(ctx, path, Options{}, func(w io.Writer) error { return writeQuery(ctx, url, query, w) })
}

func writeQuery(ctx context.Context, url, query string, w io.Writer) error {
	conn, err := database.Connect(ctx, url)
	if err != nil {
		return err
	}
	err = writeRows(ctx, conn, query, w)
	// Nothing was changed; closing the connection ends the transaction.
	if closing := database.Close(conn); err == nil {
		err = closing
	}
	return err
}

func writeRows(ctx context.Context, conn *pgx.Conn, query string, w io.Writer) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return explainQuery(ctx, err)
	}
	// The query is somebody's own, and sees what it would in psql. Only its times
	// are in UTC, and its numbers with all their digits.
	for _, statement := range []string{"reset search_path", "reset row_security", "set extra_float_digits to 1"} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return explainQuery(ctx, err)
		}
	}
	described, err := tx.Prepare(ctx, "", query)
	if err != nil {
		return explainQuery(ctx, err)
	}
	if err := checkFields(described); err != nil {
		return err
	}
	bare := strings.TrimRight(query, "; \t\r\n")
	rows, err := tx.Query(ctx, "select pg_catalog.row_to_json(import)::pg_catalog.text from (\n"+bare+"\n) as import")
	if err != nil {
		return explainQuery(ctx, err)
	}
	defer rows.Close()
	number, err := copyObjects(rows, w)
	switch {
	case err != nil && rows.Err() == nil:
		return err
	case err != nil:
		return explainQuery(ctx, err)
	case number == 0:
		return errors.New("the query has no rows")
	}
	return nil
}

// checkFields checks what the server says of the query's columns.
func checkFields(described *pgconn.StatementDescription) error {
	if len(described.ParamOIDs) > 0 {
		return errors.New("the query has parameters such as $1; write the values into it")
	}
	if len(described.Fields) == 0 {
		return errors.New("the query gives no columns; it must be a select, or something else that gives rows")
	}
	names := make([]string, len(described.Fields))
	for i, field := range described.Fields {
		if names[i] = field.Name; names[i] == "?column?" {
			return fmt.Errorf("column %d of the query has no name; give it one by: … as NAME", i+1)
		}
	}
	if err := checkColumns(names, 1); err != nil {
		wrong, _ := errors.AsType[*userimport.TableError](err)
		return fmt.Errorf("the query: %w; give it one by: … as NAME", wrong.Err)
	}
	return nil
}

// copyObjects writes an object a line.
func copyObjects(rows pgx.Rows, w io.Writer) (number int, err error) {
	var object pgtype.DriverBytes
	var line bytes.Buffer
	for ; rows.Next(); number++ {
		if err := rows.Scan(&object); err != nil {
			return number, err
		}
		line.Reset()
		// What has the type json may have line ends in it.
		if err := json.Compact(&line, object); err != nil {
			return number, fmt.Errorf("row %d: the server's JSON: %w", number+1, err)
		}
		line.WriteByte('\n')
		if _, err := w.Write(line.Bytes()); err != nil {
			return number, err
		}
	}
	return number, rows.Err()
}

// explainQuery explains an error with the query in mind, which may be wrong in
// itself.
func explainQuery(ctx context.Context, err error) error {
	const doing = "run the query"
	server, answered := errors.AsType[*pgconn.PgError](err)
	if !answered || ctx.Err() != nil {
		return database.Explain(ctx, doing, err)
	}
	remedy := "It must be one statement that only reads, such as a select, and run so in psql"
	switch class := server.Code[:min(2, len(server.Code))]; {
	case server.Code == readOnly:
		remedy = "It may only read: use a select"
	case server.Code == insufficientPrivilege, class != invalidStatement && class != unsupported:
		return database.Explain(ctx, doing, err)
	}
	return &database.Error{
		Doing: doing, Reason: fmt.Sprintf("the database answered %s (SQLSTATE %s)", server.Message, server.Code),
		Remedy: remedy, Class: database.Misconfigured,
	}
}

// SQLSTATEs, and for two characters classes of them, of what may be wrong with a
// query itself.
const (
	unsupported           = "0A"
	readOnly              = "25006"
	invalidStatement      = "42"
	insufficientPrivilege = "42501" // which belongs to 42, and is the user's matter
)
