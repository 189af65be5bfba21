package userimport

import (
	"context"
	"fmt"
)

// comparedAtOnce is how many rows are looked up together: enough for a request
// to each of the few connections that a server has.
const comparedAtOnce = 400

// compare finds out what each row will do.
func (r *run) compare(ctx context.Context) error {
	batch := &comparison{run: r}
	for row, err := range r.rows(ctx, Comparing) {
		if err != nil {
			return err
		}
		if err := batch.add(row); err != nil {
			return err
		}
		if len(batch.rows) >= comparedAtOnce {
			if err := batch.decide(ctx); err != nil {
				return err
			}
		}
	}
	return batch.decide(ctx)
}

// A comparison is some rows that are looked up together. All are kept in order,
// those too about which there is nothing to ask.
type comparison struct {
	*run
	rows []PlannedRow
	asks []Item // the rows to look up
	at   []int  // where in rows they stand
}

// add takes a row in.
func (c *comparison) add(row Row) error {
	if row.Number > len(c.states) {
		return fmt.Errorf("read row %d: there were %d when the table was checked", row.Number, len(c.states))
	}
	if c.sender != nil {
		switch c.sender.Known(row.Number) {
		case Done:
			return c.annotate(row)
		case Open:
			c.states[row.Number-1] = open
			c.plan.Open++
			return nil
		case Fresh:
		}
	}
	record, problems := c.Mapping.Record(row)
	problems = append(problems, c.repeated(row, record)...)
	planned := PlannedRow{Row: row.Number, Line: row.Line, LoginID: shortened(record.LoginID(c.Identifier)), Outcome: Created, Problems: problems, Notes: c.Mapping.withheld(row)}
	if Rejects(problems) {
		planned.Outcome = Rejected
	} else {
		c.asks = append(c.asks, Item{Row: row.Number, Line: row.Line, Record: record})
		c.at = append(c.at, len(c.rows))
	}
	c.rows = append(c.rows, planned)
	return nil
}

// decide says what each of the rows will do.
func (c *comparison) decide(ctx context.Context) error {
	if err := c.lookUp(ctx); err != nil {
		return err
	}
	for _, planned := range c.rows {
		c.plan.Outcomes[planned.Outcome]++
		c.problems.add(planned.Problems)
		if planned.Outcome.Clean() && len(planned.Problems)+len(planned.Warnings) > 0 {
			c.plan.Warnings++
		}
		if c.Explain != nil {
			c.Explain(planned)
		}
		if err := c.record(planned); err != nil {
			return err
		}
	}
	c.rows, c.asks, c.at = c.rows[:0], c.asks[:0], c.at[:0]
	return nil
}

// lookUp asks Authgear about the rows that are right in themselves.
func (c *comparison) lookUp(ctx context.Context) error {
	if c.Directory == nil || len(c.asks) == 0 {
		return c.estimate(nil)
	}
	classifier := &Classifier{Directory: c.Directory, Identifier: c.Identifier, Upsert: c.Upsert, At: c.Now()}
	verdicts, err := classifier.Classify(ctx, c.asks)
	if err != nil {
		return fmt.Errorf("look up the rows from %s: %w", Where(c.asks[0].Row, c.asks[0].Line), err)
	}
	for i, verdict := range verdicts {
		planned := &c.rows[c.at[i]]
		planned.Outcome, planned.User = verdict.Outcome, verdict.User
		planned.Differences, planned.Reason = verdict.Differences, verdict.Reason
		planned.Warnings, planned.Notes = verdict.Warnings, append(planned.Notes, verdict.Notes...)
		if (verdict.Outcome == Updated || verdict.Outcome == Unchanged) && !c.claim(planned) {
			verdicts[i].Outcome = Conflict // so that it is not counted as sent
			continue
		}
		if verdict.Outcome == Updated {
			c.updates.add(planned.Row, verdict.User, verdict.Seen)
		}
	}
	return c.estimate(verdicts)
}

// claim takes a user for a row. Two rows can mean the same user by different
// addresses, one of them that of an identity provider: the first has it.
func (c *comparison) claim(planned *PlannedRow) bool {
	row, taken := c.claimed.take(planned.User, planned.Row)
	if !taken {
		return true
	}
	planned.Outcome, planned.Differences = Conflict, nil
	planned.Reason = fmt.Sprintf("row %d is about the same user", row)
	return false
}

// annotate adds the warnings about a row that an earlier run finished with: the
// journal does not keep what may quote it.
func (c *comparison) annotate(row Row) error {
	_, problems := c.Mapping.Record(row)
	var warnings []string
	for _, problem := range problems {
		if problem.Warning {
			warnings = append(warnings, problem.Text())
		}
	}
	if len(warnings) == 0 {
		return nil
	}
	first, err := c.Results.Annotate(row.Number, warnings)
	if err != nil {
		return err
	}
	if first {
		c.report.Warnings++
	}
	return nil
}

// estimate counts what sending the rows will take.
func (c *comparison) estimate(verdicts []Verdict) error {
	for i, item := range c.asks {
		outcome := Created
		if verdicts != nil {
			outcome = verdicts[i].Outcome
		}
		if err := c.plan.Estimate.add(item.Record, outcome); err != nil {
			return fmt.Errorf("read %s: %w", Where(item.Row, item.Line), err)
		}
	}
	return nil
}

// record keeps what was decided. Rows that are not sent have their result.
func (c *comparison) record(planned PlannedRow) error {
	result := Result{Row: planned.Row, Outcome: planned.Outcome, User: planned.User, Reason: planned.Reason, Details: planned.Warnings, Notes: planned.Notes}
	for _, problem := range planned.Problems {
		if problem.Warning || planned.Reason != "" {
			result.Details = append(result.Details, problem.Text())
		} else if result.Reason == "" {
			result.Reason = problem.Text()
		} else {
			result.Details = append(result.Details, problem.Text())
		}
	}
	switch {
	case c.DryRun && c.Results == nil:
		return nil
	case c.DryRun:
		return c.Results.Put(result)
	case planned.Outcome == Created:
		c.states[planned.Row-1] = toCreate
		return nil
	case planned.Outcome == Updated:
		c.states[planned.Row-1] = toUpdate
		return nil
	default:
		return c.keep(result)
	}
}
