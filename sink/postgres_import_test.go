package sink_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"usersync/sink"
	usersync "usersync/sync"
)

func TestPostgresLedgerTellsOfAnImport(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	all := usersync.AllFields()
	project := crowd(nil).Project()
	crowd(nil).sync(t, p, firstStart, all, nil)
	mirror := openPostgres(t, p.config())
	before := time.Now().Truncate(time.Microsecond)
	imported := before.Add(-time.Minute)
	if noted, err := mirror.NoteImport(t.Context(), usersync.ImportNote{ID: "one", Project: project, At: imported, Rows: 20_000}); err != nil || !noted {
		t.Fatalf("noted %v, %v", noted, err)
	}
	closeMirror(t, mirror)
	type row struct {
		Status, Endpoint, App, Reason string
		Started, Finished             time.Time
		Version, Error                *string
		Watermark                     *time.Time
		Complete                      *bool
		Created                       int
	}
	got := rows[row](t, p, `select status, endpoint, app_id, report ->> 'mode_reason', started_at, finished_at, version, error, watermark, complete, created
		from `+p.table("runs")+` where mode = 'import'`)
	if len(got) != 1 || got[0].Started.Before(before) || got[0].Started.After(time.Now()) || !got[0].Finished.Equal(got[0].Started) {
		t.Fatalf("the ledger has %+v", got)
	}
	want := row{
		Status: "ok", Endpoint: project.Endpoint, App: project.AppID, Started: got[0].Started, Finished: got[0].Finished,
		Reason: "an import of 20000 rows was noted; the audit log does not tell of imports",
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("the ledger's row (-want +got):\n%s", diff)
	}
	noted := func() string { return value[string](t, p, "select imports::text from "+p.table("mirror")) }
	if want := `[{"at": "` + imported.UTC().Format(time.RFC3339Nano) + `", "id": "one", "rows": 20000}]`; noted() != want {
		t.Errorf("the mirror says %s, want %s", noted(), want)
	}
	// A run of the engine is what it waits for.
	crowd(nil).sync(t, p, time.Now(), all, nil)
	if noted() != "[]" {
		t.Errorf("when everybody was read, the mirror says %s", noted())
	}
	if held := heldBy(t, p); held.Due != "" {
		t.Errorf("a full run is due because %s", held.Due)
	}
}

func heldBy(t *testing.T, p place) usersync.Held {
	t.Helper()
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	held, err := mirror.Holds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// While another may hold the mirror, a run of it could take the note away that
// began before.
func TestPostgresNotesNoImportWithoutTheLock(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	crowd(nil).sync(t, p, firstStart, usersync.AllFields(), nil)
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	if err := sink.GiveUpLock(t.Context(), mirror); err != nil {
		t.Fatal(err)
	}
	_, err := mirror.NoteImport(t.Context(), usersync.ImportNote{ID: "one", Project: crowd(nil).Project(), At: firstStart, Rows: 5})
	if err == nil || !strings.Contains(err.Error(), "no longer holds the mirror's lock") {
		t.Errorf("without the lock: %v", err)
	}
	if noted := value[int](t, p, "select count(*)::int from "+p.table("runs")+" where mode = 'import'"); noted != 0 {
		t.Errorf("%d imports are in the ledger", noted)
	}
	if due := value[int](t, p, "select jsonb_array_length(imports) from "+p.table("mirror")); due != 0 {
		t.Error("the mirror has noted it")
	}
}

// A list that somebody else has written is not taken for one without imports.
func TestPostgresImportsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	crowd(nil).sync(t, p, firstStart, usersync.AllFields(), nil)
	p.query(t, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), "update "+p.table("mirror")+` set imports = '["one"]'`)
		return err
	})
	mirror := openPostgres(t, p.config())
	defer closeMirror(t, mirror)
	if _, err := mirror.Holds(t.Context()); err == nil || !strings.Contains(err.Error(), "not as usersync writes it") {
		t.Errorf("error %v", err)
	}
}

// Whoever makes the tables reads everybody.
func TestPostgresNotesNoImportWithoutTables(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	cfg := p.config()
	cfg.Migrate = false
	mirror := openPostgres(t, cfg)
	defer closeMirror(t, mirror)
	noted, err := mirror.NoteImport(t.Context(), usersync.ImportNote{ID: "one", Project: crowd(nil).Project(), At: firstStart, Rows: 5})
	if err != nil || noted {
		t.Errorf("without tables: noted %v, %v", noted, err)
	}
}
