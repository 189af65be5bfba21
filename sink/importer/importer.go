package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"usersync/adminapi"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// Client is the User Import API, as [adminapi.Client] has it.
type Client interface {
	ImportUsers(ctx context.Context, request adminapi.ImportRequest) (*adminapi.ImportJob, error)
	ImportJob(ctx context.Context, id string) (*adminapi.ImportJob, error)
	// ServerTime is what the server's clock says now, as far as its answers to
	// whatever was asked have told.
	ServerTime() time.Time
}

// Config is what an import is sent by. All is needed but what says otherwise.
type Config struct {
	Client     Client
	Directory  userimport.Directory // for reading users back
	Identifier userimport.Identifier
	// Dir is the folder of the journal, in a folder that exists. It is made, for
	// its owner alone, and stays.
	Dir string
	// Table is the digest of the whole table. A journal is good for one table.
	Table userimport.Digest
	// Project is what rows are checked against, kept for [Learned].
	Project userimport.Project
	// Options are those that decide what becomes of a row, each as a person would
	// write it. A journal is good for the same ones in the same order. They are
	// kept in it and shown when they differ, so they hold no secret.
	Options []string
	// Endpoint and AppID say which project it is.
	Endpoint, AppID string
	// Restart puts an unfinished import aside, whatever table it was of.
	Restart bool
	// Jobs is how many are in flight at once, at least 1; 0 is 2.
	Jobs int
	// JobTimeout is how long a job may be pending until it counts as stuck; 0 is
	// 10 minutes and 2 seconds a record, which is fifty times what one takes. A job
	// of an earlier run has that time from the beginning of this one, but not
	// beyond the day after which the server forgets it.
	JobTimeout time.Duration
	// Grace is how long what is in flight is waited for once the context has
	// ended; 0 is 10 seconds.
	Grace time.Duration
	// Readback compares the users of each job with what was sent.
	Readback bool
	// Emit is handed each result, once a row, from one goroutine at a time. Its
	// error ends the import.
	Emit func(userimport.Result) error
	Log  *slog.Logger
	// Now and Wait are time.Now and a timer if they are nil.
	Now  func() time.Time
	Wait func(ctx context.Context, pause time.Duration) error

	openFile openFile // how the journal's file is opened; os.OpenFile if nil
}

const (
	defaultJobs  = 2
	defaultGrace = 10 * time.Second
)

// An Importer sends records. Its methods that take records over, Resume, Send
// and Finish, are called from one goroutine.
type Importer struct {
	cfg     Config
	lock    *flock.Flock
	journal *journal
	past    *history // what earlier runs did

	creates, updates packer
	resumed          map[int]*attempt // POSTs of earlier runs whose rows are coming in, by their sequence number
	reopened         int              // rows that Resume took over
	judged           bool             // the first rows went well enough for more
	failed           failures         // of the first rows, until one goes well
	doubt            error            // the first rows went wrong: nothing more may be sent

	slots   chan struct{}
	workers errgroup.Group
	stopped chan struct{} // closed when nothing new may be begun

	telling sync.Mutex // around the journal's results and Emit
	unheard error      // Emit's last

	mutex    sync.Mutex
	reason   error // why it stopped
	farewell *time.Timer
	flights  map[*flight]struct{}
	broken   bool // not even what is in flight may go on
	unproven int  // rows that ended unknown, or not sent
	complete bool // every row has a result that stands
	traffic  userimport.SendTraffic
}

var _ userimport.Sender = (*Importer)(nil)

// Open opens the journal, or begins one. The error wraps [usersync.ErrLocked]
// while another run has it, and is an [*OtherImportError] where it is that of
// another import which has not come to its end.
func Open(ctx context.Context, cfg Config) (*Importer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg.Jobs = cmp.Or(cfg.Jobs, defaultJobs)
	cfg.Grace = cmp.Or(cfg.Grace, defaultGrace)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Wait == nil {
		cfg.Wait = wait
	}
	if cfg.openFile == nil {
		cfg.openFile = openOnDisk
	}
	lock, err := takeFolder(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", cfg.Dir, err)
	}
	journal, past, err := openJournal(&cfg)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", cfg.Dir, err), lock.Close())
	}
	return &Importer{
		cfg: cfg, lock: lock, journal: journal, past: past,
		creates: packer{identifier: string(cfg.Identifier)},
		updates: packer{identifier: string(cfg.Identifier), update: true},
		resumed: make(map[int]*attempt), judged: past.good,
		slots: make(chan struct{}, cfg.Jobs), stopped: make(chan struct{}),
		flights: make(map[*flight]struct{}),
	}, nil
}

// wait is a pause that ends with the context.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Known is what an earlier run did about a row.
func (im *Importer) Known(row int) userimport.Known {
	switch {
	case im.past.done.has(row):
		return userimport.Done
	case im.past.open[row] != nil:
		return userimport.Open
	default:
		return userimport.Fresh
	}
}

// Replay tells the results of the rows that earlier runs finished with. The
// warnings and notes of their items are not in them: the journal keeps nothing
// that may quote a row.
func (im *Importer) Replay(each func(userimport.Result) error) error {
	return replayFile(im.journal.path, im.past.size, each)
}

// Claims tells of the open rows that may have updated somebody, and whom.
func (im *Importer) Claims(each func(row int, user usersync.ID)) {
	for number, open := range im.past.open {
		if open.user != (usersync.ID{}) {
			each(number, open.user)
		}
	}
}

// Traffic is what this run sent so far.
func (im *Importer) Traffic() userimport.SendTraffic {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	return im.traffic
}

var errClosed = errors.New("the importer is closed")

// Close gives the journal back. What is still in flight is left to the next run.
// The journal of an import that is finished comes to its end here, so that until
// then, while its results are being written down, it can be run again.
func (im *Importer) Close() error {
	im.breakOff(errClosed)
	err := im.workers.Wait()
	if im.complete {
		now := im.cfg.Now().UTC()
		err = errors.Join(err, im.journal.write(entry{Finished: &now}))
	}
	return errors.Join(err, im.journal.close(), im.lock.Close())
}
