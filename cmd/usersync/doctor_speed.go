package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"usersync/adminapi"
	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// reader reads users as a run would.
func (p *patient) reader() *source.AdminAPI {
	return source.NewAdminAPI(p.client, source.AdminAPIConfig{Concurrency: p.options.source.concurrency})
}

// lookAtPage reads one page, which is also how it is known that Authgear
// understands the query.
func (p *patient) lookAtPage(ctx context.Context, fields usersync.FieldSet) finding {
	// A page that --rate holds back would seem slow.
	if rate := p.options.source.authgear.rate; rate > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(float64(time.Second) / rate)):
		}
	}
	users, took, err := p.reader().TimePage(ctx, fields)
	if err != nil {
		return failure(err)
	}
	return well("%s for %s", milliseconds(took), counted(users, "user"))
}

// milliseconds spells a short time: 44 ms, 1.2 s.
func milliseconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(1, d.Round(time.Millisecond).Milliseconds()))
	}
	return spent(d.Seconds())
}

// triedWorkers are how many pages are asked for at a time to see what is gained.
// More would be felt by others, and a server was seen to gain nothing from them.
func triedWorkers() []int { return []int{1, 2, 4} }

// nearly is from which share of --rate on it is that, and not the server, which is
// measured.
const nearly = 0.85

// lookAtSpeed finds out how many pages at a time are worth asking for, and about
// how long a full run reads.
func (p *patient) lookAtSpeed(ctx context.Context) finding {
	if p.users < 2*adminapi.MaxPageSize {
		return skipped("too few users to tell; a full run reads them at once")
	}
	var paces []source.Pace
	var used source.Pace // by a run; more than what is tried is no faster
	var parts []string
	chosen := p.options.source.concurrency
	for _, workers := range triedWorkers() {
		pace, err := p.reader().Pace(ctx, p.fields, p.users, workers)
		if err != nil {
			return failure(err)
		}
		paces = append(paces, pace)
		parts = append(parts, fmt.Sprintf("%.1f with %d", pace.Pages, workers))
		if workers <= chosen {
			used = pace
		}
	}
	detail := fmt.Sprintf("pages a second: %s at a time; with --concurrency %d a full run reads %s for about %s",
		strings.Join(parts, ", "), chosen, counted(p.users, "user"), spent(used.Sweep(p.users).Seconds()))
	f := well("%s", detail)
	f.Hint = speedHint(paces, chosen, p.options.source.authgear.rate, p.users)
	if most := p.options.maxDuration; most > 0 && used.Sweep(p.users) > most {
		return warning("Give it more time, or leave out with --fields what takes it", "%s, and --max-duration is %s", detail, shortDuration(most))
	}
	return f
}

// speedHint is what the paces of more and more workers say to do, if anything. What
// --rate holds back stays there however many workers there are; requests that it
// let pass at the start may have made the first of them quick.
func speedHint(paces []source.Pace, chosen int, rate float64, users int) string {
	best := source.Advise(paces)
	switch {
	case rate > 0 && paces[len(paces)-1].Pages > nearly*rate:
		return fmt.Sprintf("It is --rate that keeps it to %g: a higher one may be faster", rate)
	case best.Workers < chosen:
		return fmt.Sprintf("--concurrency %d is as good, and gentler", best.Workers)
	case best.Workers > chosen:
		return fmt.Sprintf("--concurrency %d is faster: about %s", best.Workers, spent(best.Sweep(users).Seconds()))
	default:
		return ""
	}
}

// lookAtAuditLog finds out whether runs can be incremental.
func (p *patient) lookAtAuditLog(ctx context.Context) finding {
	if p.options.mode.Wanted == usersync.ModeFull || p.options.mode.Wanted == usersync.ModeAuto && p.to.path != "" {
		return skipped("not needed: every run reads everybody")
	}
	oldest, err := p.client.AuditLogs(ctx, adminapi.AuditLogsQuery{First: 1, SortDirection: adminapi.SortAscending})
	if err != nil {
		return failure(err)
	}
	if len(oldest.Entries) == 0 {
		return warning("Every run will read everybody. Where that takes too long, have an audit database set up for Authgear", "it is empty, so that runs cannot be incremental")
	}
	return well("%s since %s, so that runs can be incremental", counted(oldest.TotalCount, "event"), instant(oldest.Entries[0].CreatedAt))
}

// lookAtImport finds out by which login IDs users can be imported.
func (p *patient) lookAtImport(ctx context.Context) finding {
	directory := source.NewDirectory(p.client, 1)
	var allowed, not []string
	for _, identifier := range userimport.Identifiers() {
		is, err := directory.Allowed(ctx, identifier)
		switch {
		case err != nil:
			return failure(err)
		case is:
			allowed = append(allowed, string(identifier))
		default:
			not = append(not, string(identifier))
		}
	}
	if len(allowed) == 0 {
		return warning("Enable a login ID in the project before usersync import", "users can be imported by none of %s", strings.Join(not, ", "))
	}
	detail := "users can be imported by " + strings.Join(allowed, ", ")
	if len(not) > 0 {
		detail += "; not by " + strings.Join(not, ", ")
	}
	return well("%s", detail)
}
