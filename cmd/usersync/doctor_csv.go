package main

import (
	"context"
	"errors"

	"usersync/sink"
	usersync "usersync/sync"
)

func (p *patient) csvChecks() []check {
	return []check{
		{name: "folder", look: p.lookAtFolder},
		{name: "lock", after: []string{"folder"}, look: p.lookAtFileLock},
		{name: "file", after: []string{"folder"}, look: p.lookAtFile},
	}
}

func (p *patient) lookAtFolder(context.Context) finding {
	place, err := sink.CheckUpCSV(p.to.path)
	if err == nil {
		p.file, err = place, place.Denied()
	}
	if err != nil {
		return failure(&usageError{err})
	}
	return well("%s can be written to", place.Folder())
}

// lookAtFileLock takes the lock for a moment, if there has ever been one, as there
// is no other way to find out.
func (p *patient) lookAtFileLock(ctx context.Context) finding {
	mirror, err := sink.OpenCSV(ctx, sink.CSVConfig{Path: p.to.path, ReadOnly: true, Logger: p.app.logger})
	if err == nil {
		p.app.closeMirror(mirror)
		return p.heldBy(nil)
	}
	if !errors.Is(err, usersync.ErrLocked) {
		return failure(asUsage(err))
	}
	holder, err := p.file.Holder()
	if err != nil {
		return failure(err)
	}
	return p.heldBy(holder)
}

// lookAtFile reads the whole file, as a run does.
func (p *patient) lookAtFile(ctx context.Context) finding {
	return p.overLedger(ctx, func(mirror heldMirror) (finding, error) {
		held, err := mirror.Holds(ctx)
		if err != nil {
			return finding{}, err
		}
		if !held.Published {
			return well("not there yet: the first run makes it"), nil
		}
		users, gone := 0, 0
		for known, err := range mirror.Known(ctx, held.Fields, false) {
			if errors.Is(err, context.DeadlineExceeded) {
				return well("more than %s; it is too large to look at every row", counted(users+gone, "user")), nil
			}
			if err != nil {
				return finding{}, err
			}
			if known.Deleted {
				gone++
			} else {
				users++
			}
		}
		if gone > 0 {
			return well("%s, and %d who are gone", counted(users, "user"), gone), nil
		}
		return well("%s", counted(users, "user")), nil
	})
}
