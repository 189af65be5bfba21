package main

import (
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// An importProgress shows how far each pass over the rows is.
type importProgress struct {
	show    func(progressWords) progress
	phase   userimport.Phase
	done    int
	current progress // nil while there is nothing to show
}

func (a *app) showImport(bar bool) *importProgress {
	return &importProgress{show: func(words progressWords) progress { return a.showProgress(bar, words) }}
}

func (p *importProgress) update(at userimport.Progress) {
	if at.Phase != p.phase || at.Done < p.done {
		p.close()
	}
	if p.current == nil {
		p.current = p.show(progressWords{doing: string(at.Phase) + " rows", of: "rows", from: at.Done})
	}
	p.phase, p.done = at.Phase, at.Done
	shown := usersync.Progress{Users: at.Done, Total: at.Total}
	if at.Total == 0 {
		shown.Total = -1
	}
	p.current.update(shown)
}

// close takes away what was drawn. A later update draws anew.
func (p *importProgress) close() {
	if p.current != nil {
		p.current.close()
		p.current = nil
	}
}
