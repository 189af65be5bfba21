package source

import (
	"context"
	"fmt"
	"time"

	"usersync/adminapi"
)

// second reads the rows of a second that has more than a page of them, by their
// types, and says how many there are. The types are those that the server shows,
// not all that this program knows: a server of an older release refuses a type
// that it has never heard of.
func (r *auditReading) second(ctx context.Context, at time.Time) (rows int, err error) {
	for {
		all, read, err := r.byType(ctx, at)
		if err != nil || read == all {
			return all, err
		}
		if err := r.again(); err != nil {
			return 0, err
		}
	}
}

// byType says how many rows a second has in all, and how many were read by their
// types or concern nobody.
func (r *auditReading) byType(ctx context.Context, at time.Time) (all, read int, err error) {
	known := make(map[string]bool)
	for position := 0; position == 0 || position < all && read < all; position += adminapi.MaxPageSize {
		// Pages by position may lose rows, but it is only types that are looked for.
		query := ofSecond(at, nil)
		if position > 0 {
			query.After = adminapi.OffsetCursor(position - 1)
		}
		page, err := r.page(ctx, query)
		if err != nil {
			return 0, 0, err
		}
		all = page.TotalCount
		var ofSome, ofNone []string
		for _, row := range page.Entries {
			switch activity := row.ActivityType; {
			case known[activity]:
			case r.concerns[activity] == ofNobody:
				ofNone = append(ofNone, activity)
			default:
				ofSome = append(ofSome, activity)
			}
			known[row.ActivityType] = true
		}
		if len(ofNone) > 0 {
			counted, err := r.page(ctx, ofSecond(at, ofNone))
			if err != nil {
				return 0, 0, err
			}
			read += counted.TotalCount
		}
		count, err := r.ofTypes(ctx, at, ofSome)
		if err != nil {
			return 0, 0, err
		}
		read += count
	}
	return all, read, nil
}

// ofTypes reads a second's rows of some types, in as many parts as it takes, and
// says how many it read.
func (r *auditReading) ofTypes(ctx context.Context, at time.Time, activities []string) (read int, err error) {
	if len(activities) == 0 {
		return 0, nil
	}
	page, err := r.page(ctx, ofSecond(at, activities))
	if err != nil {
		return 0, err
	}
	if page.TotalCount <= adminapi.MaxPageSize {
		return len(page.Entries), r.note(page.Entries)
	}
	if r.settles(at) {
		// Some of them are as good as all: everybody was read since.
		return page.TotalCount, r.note(page.Entries)
	}
	if len(activities) == 1 {
		return 0, unfitError(fmt.Sprintf("the audit log has %d rows of %s in the second of %s, and no order to read them in",
			page.TotalCount, activities[0], at.UTC().Format(time.RFC3339)))
	}
	half := len(activities) / 2
	for _, part := range [][]string{activities[:half], activities[half:]} {
		count, err := r.ofTypes(ctx, at, part)
		if err != nil {
			return 0, err
		}
		read += count
	}
	return read, nil
}

func ofSecond(at time.Time, activities []string) adminapi.AuditLogsQuery {
	return adminapi.AuditLogsQuery{From: at, To: at.Add(time.Second), ActivityTypes: activities}
}
