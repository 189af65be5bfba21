package sink

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
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
// goroutine, and while Known is read nothing else may be called.
type Postgres struct {
	cfg    PostgresConfig
	conn   *pgx.Conn
	exists bool // the tables are there

	held       usersync.Held
	generation int64 // of the mirror when held was read
	run        *postgresRun
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
	Logger  *slog.Logger
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
	if p.conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), abandonTime)
	defer cancel()
	// The server ends the session some time after it was told to, and until
	// then the next run would find it locked.
	_, err := p.conn.Exec(ctx, "select pg_catalog.pg_advisory_unlock($1)", lockKey(p.cfg.Schema))
	if err != nil && !p.conn.IsClosed() {
		return errors.Join(database.Explain(ctx, "unlock the mirror", err), database.Close(p.conn))
	}
	return database.Close(p.conn)
}

// prepare takes the lock before it migrates, so that no run finds its tables
// changed under it.
func (p *Postgres) prepare(ctx context.Context) error {
	if err := p.lock(ctx); err != nil {
		return err
	}
	if !p.cfg.Migrate {
		var err error
		p.exists, err = migrations.Check(ctx, p.conn, p.cfg.Schema)
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

// lockGrace is for how long the lock is tried: the server notices a moment late
// that the run before was killed.
const lockGrace = time.Second

func (p *Postgres) lock(ctx context.Context) error {
	for deadline := time.Now().Add(lockGrace); ; {
		var locked bool
		if err := p.conn.QueryRow(ctx, "select pg_catalog.pg_try_advisory_lock($1)", lockKey(p.cfg.Schema)).Scan(&locked); err != nil {
			return database.Explain(ctx, "lock the mirror", err)
		}
		if locked {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("lock schema %q: %w. Wait until it is done; it is the session with the application_name usersync in pg_stat_activity",
				p.cfg.Schema, usersync.ErrLocked)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("lock schema %q: %w", p.cfg.Schema, ctx.Err())
		case <-time.After(lockGrace / 20):
		}
	}
}

// lockKey is the number that stands for the mirror among a database's advisory
// locks. Such locks are kept by the session and end with it, however it ends.
func lockKey(schema string) int64 {
	sum := sha256.Sum256([]byte("usersync mirror\x00" + schema))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // a number like any other
}

// Holds reads what the last publishing run wrote of the mirror as a whole.
func (p *Postgres) Holds(ctx context.Context) (usersync.Held, error) {
	p.held, p.generation = usersync.Held{}, 0
	if !p.exists {
		return p.held, nil
	}
	var names []string
	var version *int
	err := p.conn.QueryRow(ctx, "select fields, fingerprint_version, generation from "+p.table("mirror")).Scan(&names, &version, &p.generation)
	if err != nil {
		return usersync.Held{}, database.Explain(ctx, "read the state of the mirror", err)
	}
	if names != nil {
		p.held = usersync.Held{
			Fields: usersync.FieldsNamed(names), Published: true,
			Stale: version == nil || *version != usersync.FingerprintVersion,
		}
	}
	return p.held, nil
}

func (p *Postgres) table(name string) string { return migrations.Table(p.cfg.Schema, name) }
