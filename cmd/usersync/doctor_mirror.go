package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"usersync/adminapi"
	"usersync/sink"
	usersync "usersync/sync"
)

// mirrorState is what is found out about the mirror.
type mirrorState struct {
	conn   *pgx.Conn        // to a Postgres mirror
	file   *sink.CSVCheckup // a mirror in a file
	tables int32            // the version of the tables; 0 where there are none
	latest int32            // and the one that this program works with
}

// mirrorChecks are those for the kind of mirror.
func (p *patient) mirrorChecks() []check {
	switch {
	case p.options.mirror.to == "":
		return nil
	case p.to.url != "":
		return append(p.postgresChecks(),
			check{name: "project", after: []string{"tables", "endpoint", "app-id"}, look: p.lookAtProject},
			check{name: "last run", after: []string{"tables"}, look: p.lookAtLastRun})
	case p.to.path != "":
		return append(p.csvChecks(),
			check{name: "project", after: []string{"file", "endpoint", "app-id"}, look: p.lookAtProject},
			check{name: "last run", after: []string{"file"}, look: p.lookAtLastRun})
	default: // the setting has been found wrong
		return nil
	}
}

// overLedger opens the mirror for looking back, without any lock.
func (p *patient) overLedger(ctx context.Context, look func(heldMirror) (finding, error)) finding {
	if p.tables < p.latest && p.tables > 0 {
		return skipped("not to be read before the tables are up to date")
	}
	mirror, err := p.app.openMirror(ctx, p.to, mirrorUse{looks: true, ledger: true})
	if err != nil {
		return failure(err)
	}
	defer p.app.closeMirror(mirror)
	f, err := look(mirror)
	if err != nil {
		return failure(err)
	}
	return f
}

// lookAtProject compares whose users the mirror holds with whose will be read.
func (p *patient) lookAtProject(ctx context.Context) finding {
	nothingYet := skipped("no run has published to it yet")
	return p.overLedger(ctx, func(mirror heldMirror) (finding, error) {
		held, err := mirror.Holds(ctx)
		if err != nil || held.Project == (usersync.Project{}) {
			return nothingYet, err
		}
		o := &p.options.source.authgear
		endpoint, err := adminapi.ParseEndpoint(o.endpoint, o.insecure)
		if err != nil {
			return finding{}, &usageError{err}
		}
		ours := usersync.Project{Endpoint: endpoint.String(), AppID: o.appID}
		if refused, is := errors.AsType[*usersync.RefusedError](p.options.policy.JudgeProject(ours, held.Project)); is {
			return amiss(exitRefused, refused.Remedy, "%s", refused.Reason), nil
		}
		if ours != held.Project {
			return warning("", "it holds the users of %s, and --adopt takes it over", held.Project), nil
		}
		return well("it holds the users of %s", held.Project), nil
	})
}

// longAgo is how long after the last run something should have been heard of the
// next one, where runs are nightly.
const longAgo = 36 * time.Hour

// lookAtLastRun says how the last run ended, and what the next one will be.
func (p *patient) lookAtLastRun(ctx context.Context) finding {
	return p.overLedger(ctx, func(mirror heldMirror) (finding, error) {
		held, err := mirror.Holds(ctx)
		if err != nil {
			return finding{}, err
		}
		var last, swept *usersync.Report
		for report, err := range mirror.Runs(ctx) {
			if err != nil {
				return finding{}, err
			}
			if report.Mode == usersync.ModeForget || report.Mode == usersync.ModeImport {
				continue
			}
			if last == nil {
				last = report
			}
			if report.Status == usersync.StatusOK && report.Census != nil && report.Census.Complete {
				swept = report
				break
			}
		}
		if last == nil {
			return skipped("there was none yet"), nil
		}
		return p.runFinding(last, swept, held.Due), nil
	})
}

func (p *patient) runFinding(last, swept *usersync.Report, due string) finding {
	now := p.app.now()
	age := now.Sub(last.FinishedAt)
	parts := []string{fmt.Sprintf("%s, %s, ended %s %s ago", last.RunID, last.Mode, last.Status, spent(age.Seconds()))}
	switch {
	case swept == nil:
		parts = append(parts, "none was complete yet")
	case swept.RunID == last.RunID:
		parts[0] += ", complete"
	default:
		parts = append(parts, fmt.Sprintf("the last complete one began %s ago", spent(now.Sub(swept.StartedAt).Seconds())))
	}
	if next := p.nextRun(now, swept, due); next != "" {
		parts = append(parts, next)
	}
	detail := strings.Join(parts, "; ")
	switch {
	case last.Status != usersync.StatusOK:
		hint := "See usersync runs show"
		if last.Error != nil {
			hint = *last.Error
		}
		return warning(hint, "%s", detail)
	case age > longAgo:
		return warning("See that the job is still scheduled", "%s", detail)
	default:
		return well("%s", detail)
	}
}

// nextRun says why the next run will read everybody, where it is not told to.
func (p *patient) nextRun(now time.Time, swept *usersync.Report, due string) string {
	mode := p.options.mode
	switch {
	case mode.Wanted == usersync.ModeFull || mode.Wanted == usersync.ModeAuto && p.to.url == "":
		return ""
	case due != "":
		return "the next one is full, because " + due
	case mode.Wanted == usersync.ModeAuto && (swept == nil || now.Sub(swept.StartedAt) > mode.FullEvery):
		return "the next one is full"
	default:
		return "the next one is incremental"
	}
}
