package importer

import (
	"fmt"
	"slices"

	"usersync/sync/userimport"
)

// judge looks at what became of the first rows. Once one of them went well, or was
// answered as it should be, all else may go; when as many have failed as the first
// job has at most, in one job or, where that had fewer, in several, nothing more
// may, whether they were creates or updates. That stops the import when there is
// more to send.
func (im *Importer) judge(rows []*row) {
	const told = 3
	for _, r := range rows {
		switch r.outcome {
		case userimport.Failed, userimport.Rejected:
			im.failed.Rows++
			known := slices.ContainsFunc(im.failed.why, func(why string) bool { return why == r.why })
			if len(im.failed.why) < told && !known {
				im.failed.why = append(im.failed.why, r.why)
				im.failed.Reasons = append(im.failed.Reasons, fmt.Sprintf("%s: %s", userimport.Where(r.item.Row, r.item.Line), r.why))
			}
		case userimport.Unknown, userimport.NotSent:
		default:
			im.judged = im.judged || r.posts > 0
		}
	}
	if !im.judged && im.failed.Rows >= probeRows {
		im.doubt = &im.failed.FirstJobError
	}
}

// failures are what the first rows came to as long as none went well.
type failures struct {
	FirstJobError

	why []string // the Reasons without where
}
