package sink

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/migrations"
	"usersync/migrations/database"
	usersync "usersync/sync"
)

// Postgres mirrors users into the tables of one schema of a PostgreSQL database,
// which package migrations describes. Users that are gone keep their row, with
// _deleted_at set; every change has its row in user_changes, every run in runs.
//
// It has one connection, which holds the mirror's lock and on which changes are
// staged, in a temporary table outside any transaction. A Postgres is for one
// goroutine, and while Known or Due is read nothing else may be called.
type Postgres struct {
	cfg    PostgresConfig
	conn   *pgx.Conn
	exists bool // the tables are there

	held         usersync.Held
	historySince map[string]time.Time // when held was read, as is generation
	generation   int64
	run          *postgresRun
}

var _ usersync.Mirror = (*Postgres)(nil)

// PostgresConfig says where the mirror is.
type PostgresConfig struct {
	// URL of the database: postgres://USER:PASSWORD@HOST:PORT/DATABASE. It is in
	// no error and no log.
	URL string
	// Schema holds the mirror's tables and nothing else.
	Schema string
	// Migrate has the tables made and brought up to date. Without it nothing is
	// changed by opening: tables that are not there read as a mirror that no run
	// has published to, and older ones are an error.
	Migrate bool
	// LedgerOnly takes no lock, so that a run may be at work meanwhile. Nothing but
	// Holds, Runs and Refused must then be called. It goes without Migrate.
	LedgerOnly bool
	// MustExist is for what is of no use without a mirror: where there are no tables,
	// the error of opening wraps [ErrNoMirror]. It goes without Migrate.
	MustExist bool
	// WaitLock is how long to wait for another run to give the mirror back. A
	// second is always waited, for the server to notice that a run was killed.
	WaitLock time.Duration
	Logger   *slog.Logger
}

// OpenPostgres connects to the mirror and takes it for one run at a time. The
// error wraps [usersync.ErrLocked] while another run holds it; other errors are
// a [*database.Error] or the context's.
func OpenPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	if err := migrations.CheckSchema(cfg.Schema); err != nil {
		return nil, err
	}
	conn, err := database.Connect(ctx, cfg.URL)
	if err != nil {
		return nil, err
	}
	p := &Postgres{cfg: cfg, conn: conn}
	if err := p.prepare(ctx); err != nil {
		return nil, errors.Join(err, database.Close(conn))
	}
	return p, nil
}

// Close gives the mirror back.
func (p *Postgres) Close() error {
	if p.conn.IsClosed() || p.cfg.LedgerOnly {
		return database.Close(p.conn)
	}
	ctx, cancel := context.WithTimeout(context.Background(), abandonTime)
	defer cancel()
	if err := p.unlock(ctx); err != nil && !p.conn.IsClosed() {
		return errors.Join(err, database.Close(p.conn))
	}
	return database.Close(p.conn)
}

// prepare takes the lock before it migrates, so that no run finds its tables
// changed under it.
func (p *Postgres) prepare(ctx context.Context) error {
	if !p.cfg.LedgerOnly {
		if err := p.lock(ctx); err != nil {
			return err
		}
	}
	if !p.cfg.Migrate {
		var err error
		p.exists, err = migrations.Check(ctx, p.conn, p.cfg.Schema)
		if err == nil && p.cfg.MustExist && !p.exists {
			return ErrNoMirror
		}
		return err
	}
	from, to, err := migrations.Up(ctx, p.conn, p.cfg.Schema)
	if err != nil {
		return err
	}
	if from != to {
		p.cfg.Logger.Info("mirror migrated", "schema", p.cfg.Schema, "from", from, "to", to)
	}
	p.exists = true
	return nil
}

// Holds reads what the last publishing run wrote of the mirror as a whole.
func (p *Postgres) Holds(ctx context.Context) (usersync.Held, error) {
	p.held, p.generation, p.historySince = usersync.Held{}, 0, nil
	if !p.exists {
		return p.held, nil
	}
	const doing = "read the state of the mirror"
	var names []string
	var version *int
	var endpoint, app *string
	var since []byte
	var noted []byte
	err := p.conn.QueryRow(ctx, "select fields, fingerprint_version, generation, endpoint, app_id, history_since, imports from "+p.table("mirror")).
		Scan(&names, &version, &p.generation, &endpoint, &app, &since, &noted)
	if err != nil {
		return usersync.Held{}, database.Explain(ctx, doing, err)
	}
	if err := json.Unmarshal(since, &p.historySince); err != nil {
		return usersync.Held{}, &database.Error{
			Doing: doing, Reason: "history_since is not as usersync writes it",
			Remedy: "Something else wrote that row: put {} there, and the history counts from now on",
		}
	}
	if names != nil {
		p.held = usersync.Held{
			Fields: usersync.FieldsNamed(names), Published: true,
			Stale: version == nil || *version != usersync.FingerprintVersion,
		}
		list, err := readImports(noted)
		if err != nil {
			return usersync.Held{}, err
		}
		p.held.Due = list.due()
	}
	if endpoint != nil && app != nil {
		p.held.Project = usersync.Project{Endpoint: *endpoint, AppID: *app}
	}
	return p.held, nil
}

func (p *Postgres) table(name string) string { return migrations.Table(p.cfg.Schema, name) }
