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

// halves are two attempts at what one came to nothing for.
func (im *Importer) halves(rows []*row, update bool) []attempt {
	return im.pack(rows, update, max(1, (len(rows)+1)/2))
}
