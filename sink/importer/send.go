package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// Send takes a record over. With an error it did not, and the row gets no result
// from here.
func (im *Importer) Send(ctx context.Context, item userimport.Item) error {
	if err := im.mayGoOn(ctx); err != nil {
		return err
	}
	r, refusal, err := im.newRow(item)
	if err != nil {
		return err
	}
	if refusal != "" {
		return im.tellUnsent(r, userimport.Result{Row: item.Row, Outcome: userimport.Rejected, User: item.User, Reason: refusal})
	}
	p := &im.creates
	if item.Update {
		p = &im.updates
	}
	limit := maxRows
	if !im.judged {
		limit = probeRows
	}
	if len(p.rows) > 0 && !p.fits(r.body, limit) {
		if err := im.dispatch(ctx, p.take()); err != nil {
			return err
		}
	}
	p.add(r)
	return nil
}

// newRow is the record as it is sent, or why it cannot be.
func (im *Importer) newRow(item userimport.Item) (r *row, refusal string, err error) {
	if !item.Update {
		item.Record = item.Record.ForNewUser()
	}
	r = &row{item: item}
	sent := item.Record
	if item.Update && item.Sent != nil {
		sent = item.Sent
	}
	if err := r.rewrite(sent); err != nil {
		return nil, "", err
	}
	alone := packer{identifier: string(im.cfg.Identifier), update: item.Update}
	switch {
	case sent.LoginID(im.cfg.Identifier) == "":
		refusal = fmt.Sprintf("it has no %s; one such record ends the work on a hundred others", im.cfg.Identifier)
	case !alone.fits(r.body, 1):
		refusal = fmt.Sprintf("its %d bytes of JSON are more than Authgear takes", len(r.body))
	}
	return r, refusal, nil
}

// Resume takes a row over that an earlier run sent. With an error it did not, or the
// row has been told that it is not known what came of it.
func (im *Importer) Resume(ctx context.Context, item userimport.Item) error {
	if err := im.mayGoOn(ctx); err != nil {
		return err
	}
	open := im.past.open[item.Row]
	if open == nil {
		return fmt.Errorf("resume row %d: the journal does not know it as open", item.Row)
	}
	if open.digest != item.Digest {
		return fmt.Errorf("resume row %d: its record is not the one that was sent, although table and options are the same; was the project's configuration changed? Begin anew with --restart", item.Row)
	}
	seq := open.posts[len(open.posts)-1]
	post := im.past.posts[seq]
	item.Update, item.User, item.Seen = post.update, open.user, usersync.Fingerprint(open.seen)
	r, refusal, err := im.newRow(item)
	if err != nil {
		return err
	}
	if refusal != "" {
		return fmt.Errorf("resume row %d: %s", item.Row, refusal)
	}
	r.posts, r.first, r.index = len(open.posts), open.first, post.index[item.Row]
	a := im.resumed[seq]
	if a == nil {
		a = &attempt{resumed: true, update: post.update, job: post.job, sent: post.sent, posted: post.at, expected: im.past.openOf(seq)}
		im.resumed[seq] = a
	}
	a.rows = append(a.rows, r)
	im.reopened++
	if len(a.rows) < a.expected {
		return nil
	}
	delete(im.resumed, seq)
	return im.dispatch(ctx, *a)
}

// openOf is how many rows were in a POST last and are still open.
func (h *history) openOf(seq int) int {
	count := 0
	for number := range h.posts[seq].index {
		if open := h.open[number]; open.posts[len(open.posts)-1] == seq {
			count++
		}
	}
	return count
}

// Finish sends what waits and returns when each record taken over has its
// result. Once the context has ended, what is in flight has the grace. Only an
// import whose every row was handed over may be finished with a living context:
// Close then ends its journal, and the next run begins anew.
func (im *Importer) Finish(ctx context.Context) error {
	if im.halted() == nil || ctx.Err() == nil {
		// Otherwise it stopped for a reason of its own, and what is in flight may
		// come to its end; if people wait no longer, the contexts that it was sent
		// with say so.
		unbind := context.AfterFunc(ctx, func() { im.interrupt(ctx.Err()) })
		defer unbind()
	}
	for _, seq := range slices.Sorted(maps.Keys(im.resumed)) {
		im.last(ctx, *im.resumed[seq])
	}
	clear(im.resumed)
	im.last(ctx, im.creates.take())
	im.last(ctx, im.updates.take())
	if err := im.workers.Wait(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		im.halt(err)
	}
	if err := im.halted(); err != nil {
		return im.andUnheard(err)
	}
	im.mutex.Lock()
	defer im.mutex.Unlock()
	im.complete = im.unproven == 0 && im.reopened == len(im.past.open)
	return nil
}

// andUnheard adds to why it stopped that results could not be told, if that is not
// the reason itself.
func (im *Importer) andUnheard(reason error) error {
	im.telling.Lock()
	defer im.telling.Unlock()
	if im.unheard == nil || errors.Is(reason, im.unheard) {
		return reason
	}
	return errors.Join(reason, im.unheard)
}

// last dispatches what Finish found waiting. Its error is the importer's reason
// to have stopped, which Finish tells.
func (im *Importer) last(ctx context.Context, a attempt) {
	if len(a.rows) == 0 {
		return
	}
	if err := im.dispatch(ctx, a); err != nil {
		im.halt(err)
	}
}

// mayGoOn says why not, if not.
func (im *Importer) mayGoOn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		im.halt(err)
	}
	if im.doubt != nil {
		im.halt(im.doubt)
	}
	return im.halted()
}

// dispatch carries an attempt out, beside others once the first job has been
// judged. With an error its rows have been told that they are not sent.
func (im *Importer) dispatch(ctx context.Context, a attempt) error {
	err := im.mayGoOn(ctx)
	if err == nil {
		select {
		case im.slots <- struct{}{}:
		case <-ctx.Done():
			err = ctx.Err()
			im.halt(err)
		case <-im.stopped:
			err = im.halted()
		}
	}
	if err != nil {
		im.leave(a.rows)
		return err
	}
	work, flight := im.takeOff(ctx)
	carry := func() error {
		defer func() { im.land(flight); <-im.slots }()
		im.deliver(work, a)
		return nil
	}
	if im.judged {
		im.workers.Go(carry)
		return nil
	}
	if err := carry(); err != nil {
		return err
	}
	im.judge(a.rows)
	return im.halted()
}
