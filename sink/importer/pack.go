package importer

import (
	"encoding/json"

	"usersync/adminapi"
)

const (
	// probeRows is how many rows the first job has at most.
	probeRows = 10
	// maxRows keeps jobs of short records from growing so long that nothing is
	// heard of them for minutes, and that much is open when the program is killed.
	// A POST a thousand records costs nothing beside working through them.
	maxRows = 1000
)

// A packer fills a body with records.
type packer struct {
	identifier string
	update     bool
	rows       []*row
	bytes      int // of the records
}

// fits says whether a body has room for another record.
func (p *packer) fits(body json.RawMessage, limit int) bool {
	if len(p.rows) >= limit {
		return false
	}
	size := adminapi.ImportBodySize(p.identifier, p.update, len(p.rows)+1, p.bytes+len(body))
	return size <= adminapi.MaxImportBody
}

func (p *packer) add(r *row) {
	p.rows = append(p.rows, r)
	p.bytes += len(r.body)
}

// take is what was packed, and empties the packer.
func (p *packer) take() attempt {
	packed := attempt{update: p.update, rows: p.rows}
	p.rows, p.bytes = nil, 0
	return packed
}

// pack divides rows into as few attempts as have at most so many rows, in order.
func (im *Importer) pack(rows []*row, update bool, limit int) []attempt {
	var packed []attempt
	p := packer{identifier: string(im.cfg.Identifier), update: update}
	for _, r := range rows {
		if len(p.rows) > 0 && !p.fits(r.body, limit) {
			packed = append(packed, p.take())
		}
		p.add(r)
	}
	if len(p.rows) > 0 {
		packed = append(packed, p.take())
	}
	return packed
}

// recordsPerTask is how many records of a POST Authgear works through at a time.
const recordsPerTask = 100

// suspicious are attempts at the rows of a job that died, and had died before. Of
// what kills a task is known that all records before it were written, and none
// after it: the first of a task that was not is likely the one, and goes alone, when
// the others have gone. These go in halves, which find it if it is another, or if
// there is more than one.
func (im *Importer) suspicious(rows []*row, update bool) []attempt {
	var others []*row
	var alone []attempt
	task := -1
	for _, r := range rows {
		if r.index/recordsPerTask == task {
			others = append(others, r)
			continue
		}
		task = r.index / recordsPerTask
		alone = append(alone, attempt{update: update, rows: []*row{r}})
	}
	return append(im.halves(others, update), alone...)
}

// halves are two attempts at what one came to nothing for.
func (im *Importer) halves(rows []*row, update bool) []attempt {
	return im.pack(rows, update, max(1, (len(rows)+1)/2))
}
