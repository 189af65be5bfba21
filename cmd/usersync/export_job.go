package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"usersync/sink/exportfile"
	"usersync/source"
	usersync "usersync/sync"
)

// errNobodyReads ends work whose result nobody reads any more, as with | head. It
// is no failure.
var errNobodyReads = errors.New("nobody reads standard output any more")

// buffering has a function write to a stream in few pieces, all that it wrote even
// if it fails.
func buffering(out io.Writer, write func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(out, 64<<10)
	err := write(buffered)
	if flushing := buffered.Flush(); !errors.Is(err, flushing) {
		err = errors.Join(err, flushing)
	}
	return err
}

// An exportJob is one export, ready to go.
type exportJob struct {
	app    *app
	users  userReader
	from   string // for people
	form   exportfile.Form
	header *usersync.Header
	// scope is what is written of a user; a column may have room for more.
	scope usersync.Scope
	// attributes are the columns of custom attributes that were found out, if they were.
	attributes map[string]struct{}
	started    time.Time
	// bar says that a bar may show the progress: not where the rows themselves are
	// on a terminal.
	bar bool

	written, gone int
	census        usersync.Census
}

// write has a function write to where it belongs, and tells what was done.
func (j *exportJob) write(out, noun string, write func(io.Writer) error) error {
	j.bar = j.app.stderr.isTerminal() && !j.app.logging.quiet
	if out == stdinName && isTerminal(j.app.stdout) {
		j.bar = false
		write = harmlessly(write, j.form.Format)
	}
	err := j.app.writeOut(out, write)
	switch {
	case errors.Is(err, errNobodyReads):
		return nil
	case err != nil:
		return err
	}
	return j.tell(out, noun)
}

// harmlessly has a function write a row at a time to a terminal, which is not given
// what it would act upon.
func harmlessly(write func(io.Writer) error, format exportfile.Format) func(io.Writer) error {
	shown := printableLines
	if format == exportfile.NDJSON {
		shown = printableJSON
	}
	return func(out io.Writer) error { return write(rowWriter{out, shown}) }
}

// A rowWriter changes every row that is written before it passes it on.
type rowWriter struct {
	out    io.Writer
	change func(row string) string
}

func (w rowWriter) Write(row []byte) (int, error) {
	if _, err := io.WriteString(w.out, w.change(string(row))); err != nil {
		return 0, err
	}
	return len(row), nil
}

// writeUsers writes everybody once.
func (j *exportJob) writeUsers(ctx context.Context, deleted bool, out io.Writer) error {
	users, err := exportfile.NewUsers(out, j.header, j.form)
	if err != nil {
		return err
	}
	progress := j.app.showProgress(j.bar, readingUsers())
	defer progress.close()
	seen := j.newSeen()
	for record, err := range j.records(ctx, deleted) {
		if err != nil {
			return err
		}
		if seen.again(record.User.ID) {
			continue
		}
		if err := j.checkAttributes(record.User); err != nil {
			return err
		}
		record.User = j.scope.Of(record.User)
		if err := users.Write(record); err != nil {
			return err
		}
		j.written++
		if record.Gone() {
			j.gone++
		}
		progress.update(usersync.Progress{Users: j.written, Total: j.census.TotalStart})
	}
	if !j.census.Complete {
		return errors.New("users may have been missed: others were created or deleted while these were read. Run it again, or export from a mirror in Postgres")
	}
	return nil
}

// A seenUsers is who was there already; nil where nobody comes twice. What comes
// first counts, as it does in [userdiff.Side].
type seenUsers map[usersync.ID]struct{}

// newSeen remembers users, some thirty bytes each, unless they come from a
// database or a CSV file, which see to it themselves.
func (j *exportJob) newSeen() seenUsers {
	switch j.users.(type) {
	case *source.Postgres, *source.CSV:
		return nil
	}
	return make(seenUsers)
}

func (s seenUsers) again(id usersync.ID) bool {
	if s == nil {
		return false
	}
	_, again := s[id]
	s[id] = struct{}{}
	return again
}

func (j *exportJob) records(ctx context.Context, deleted bool) iter.Seq2[usersync.Record, error] {
	if keeper, keeps := j.users.(recordReader); keeps && deleted {
		return keeper.Records(ctx, j.header.Fields, &j.census)
	}
	return func(yield func(usersync.Record, error) bool) {
		for u, err := range j.users.Users(ctx, j.header.Fields, &j.census) {
			if !yield(usersync.Record{User: u}, err) {
				return
			}
		}
	}
}

// tell says what was done: on standard output, unless that is where the users went.
func (j *exportJob) tell(out, noun string) error {
	spentSoFar := j.app.now().Sub(j.started).Seconds()
	if out == stdinName {
		j.app.logger.Info("exported", noun+"s", j.written, "took", spent(spentSoFar))
		return nil
	}
	if j.app.logging.quiet {
		return nil
	}
	gone := ""
	if j.gone > 0 {
		gone = fmt.Sprintf(", %s of them gone", grouped(j.gone))
	}
	return j.app.print(placesText(j.from, out) + fmt.Sprintf("\nWrote %s%s. It took %s.\n", counted(j.written, noun), gone, spent(spentSoFar)))
}
