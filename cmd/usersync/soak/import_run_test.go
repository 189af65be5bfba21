package soak_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"usersync/sink/importer"
	"usersync/sink/importreport"
	"usersync/source"
	"usersync/source/table"
	"usersync/sync/userimport"
)

// run is a run as by a process of its own. With an error there may be no results.
func (p *importPlay) run(ctx context.Context) (results []userimport.Result, err error) {
	if p.runs <= len(p.stops) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, p.stops[p.runs-1], errors.New("interrupted"))
		defer cancel()
	}
	file, err := table.Open(ctx, p.path, table.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	client, err := p.town.client(p.retries)
	if err != nil {
		return nil, err
	}
	mapping, err := userimport.NewMapping(file.Columns(), userimport.MappingConfig{Identifier: p.identifier, Empty: p.empty, DefaultRegion: p.region})
	if err != nil {
		return nil, err
	}
	log, err := importreport.NewLog(filepath.Dir(p.path))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	directory := source.NewDirectory(client, 2)
	learned, err := importer.Learned(p.path + ".import")
	if err != nil {
		return nil, err
	}
	var sender *importer.Importer
	report, err := (&userimport.Import{
		Table: file, Mapping: mapping, Identifier: p.identifier, Upsert: p.upsert,
		AllowUnknownAttributes: p.allowUnknown, Directory: directory, Learned: learned, Results: log, Now: time.Now,
		Approve: func(context.Context, *userimport.Plan) error { return nil },
		Open: func(ctx context.Context, opening userimport.Opening) (userimport.Sender, error) {
			var err error
			sender, err = importer.Open(ctx, importer.Config{
				Client: client, Directory: directory, Identifier: p.identifier, Dir: p.path + ".import", Table: opening.Table, Project: opening.Project,
				Endpoint: "https://myapp.example.com", AppID: appID, Jobs: p.jobs, JobTimeout: p.jobTimeout,
				Readback: p.readback, Emit: opening.Emit, Log: quiet(),
			})
			if err != nil {
				return nil, err
			}
			return sender, nil
		},
	}).Run(ctx)
	if sender != nil {
		err = errors.Join(err, sender.Close())
	}
	if report.Rows == 0 {
		return nil, err // it ended before there was a plan
	}
	results, lost := p.results(log, report)
	if lost != nil {
		return nil, fmt.Errorf("conservation: %w; the run: %w", lost, err)
	}
	return results, err
}

// results are those of all rows, each of which has one.
func (p *importPlay) results(log *importreport.Log, report *userimport.Report) ([]userimport.Result, error) {
	if err := log.Check(len(p.rows)); err != nil {
		return nil, err
	}
	results := make([]userimport.Result, len(p.rows))
	counts := make(map[userimport.Outcome]int)
	for i := range results {
		result, known, err := log.Get(i + 1)
		if err != nil || !known || result.Row != i+1 {
			return nil, fmt.Errorf("row %d has %+v, %w", i+1, result, err)
		}
		results[i] = result
		counts[result.Outcome]++
	}
	for outcome, count := range report.Outcomes {
		if counts[outcome] != count {
			return nil, fmt.Errorf("the report has %d rows %s, the results %d", count, outcome, counts[outcome])
		}
	}
	if report.Rows != len(p.rows) {
		return nil, fmt.Errorf("the report is of %d rows, the table has %d", report.Rows, len(p.rows))
	}
	return results, nil
}
