package importer

import (
	"context"
	"time"
)

// There are two ways to stop. To halt is to begin nothing new: what is in flight
// comes to its end. To break off is to leave that too, when the journal cannot be
// written, or nobody waits any longer.

// halt begins nothing new from here on. The first reason is what is told.
func (im *Importer) halt(reason error) {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	im.haltLocked(reason)
}

func (im *Importer) haltLocked(reason error) {
	if im.reason == nil {
		im.reason = reason
		close(im.stopped)
	}
}

// halted is why nothing new may be begun, or nil.
func (im *Importer) halted() error {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	return im.reason
}

// breakOff halts, and leaves what is in flight.
func (im *Importer) breakOff(reason error) {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	im.haltLocked(reason)
	im.broken = true
	if im.farewell != nil {
		im.farewell.Stop()
	}
	for flight := range im.flights {
		flight.cancel()
	}
}

// interrupt halts because the context ended, and gives what is in flight its grace.
func (im *Importer) interrupt(reason error) {
	im.mutex.Lock()
	defer im.mutex.Unlock()
	im.haltLocked(reason)
	if im.farewell == nil && !im.broken {
		im.farewell = time.AfterFunc(im.cfg.Grace, func() { im.breakOff(reason) })
	}
}

// A flight is the life of what is sent, which outlives the context of the call
// that sent it by the grace.
type flight struct {
	cancel context.CancelFunc
	unbind func() bool
}

// takeOff makes the context of a flight. It must land.
func (im *Importer) takeOff(ctx context.Context) (context.Context, *flight) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{cancel: cancel}
	f.unbind = context.AfterFunc(ctx, func() { im.interrupt(ctx.Err()) })
	im.mutex.Lock()
	defer im.mutex.Unlock()
	im.flights[f] = struct{}{}
	if im.broken {
		cancel()
	}
	return work, f
}

func (im *Importer) land(f *flight) {
	f.unbind()
	f.cancel()
	im.mutex.Lock()
	defer im.mutex.Unlock()
	delete(im.flights, f)
}
