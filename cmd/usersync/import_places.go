package main

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"usersync/sink/importreport"
	"usersync/source/table"
)

// importPlaces are the files that an import leaves. Those that are not to be
// written are empty.
type importPlaces struct {
	results string
	rejects importreport.Rejects
	journal string // a folder
}

// places are where things go, for rows in a file of a format: beside it, unless
// the options say otherwise. A dry run writes what it was asked for alone.
func (o *importOptions) places(file string, format table.Format) importPlaces {
	results, rejects := o.results, o.rejects
	if !o.dryRun {
		ending := ".rejects.csv"
		if format != table.CSV {
			ending = ".rejects.ndjson"
		}
		results, rejects = cmp.Or(results, file+".results.csv"), cmp.Or(rejects, file+ending)
	}
	places := importPlaces{results: results}
	if rejects != "" {
		places.rejects = importreport.Rejects{Path: rejects, Reasons: reasonsBeside(rejects)}
	}
	if !o.dryRun {
		places.journal = cmp.Or(o.journal, file+".import")
	}
	return places
}

// reasonsBeside is the file of the reasons for rejects in a file.
func reasonsBeside(rejects string) string {
	ending := filepath.Ext(rejects)
	if ending == ".txt" {
		ending = ""
	}
	return strings.TrimSuffix(rejects, ending) + ".txt"
}

// check makes sure that nothing is written over what is needed, and that there is
// room for what is to be written, before anything is sent.
func (p *importPlaces) check(needed ...string) error {
	var written []string
	for _, path := range []string{p.results, p.rejects.Path, p.rejects.Reasons} {
		if path == "" {
			continue
		}
		for _, other := range append(needed, written...) {
			if other != "" && isSameFile(path, other) {
				return usageErrorf("%s would be written over. Name another file with --results or --rejects", other)
			}
		}
		written = append(written, path)
	}
	for _, path := range append(written, p.journal) {
		if path == "" {
			continue
		}
		folder := filepath.Dir(path)
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return usageErrorf("there is no folder %s for %s. Make it, or name another place", folder, path)
		}
		info, err := os.Stat(path)
		if fits := err != nil || path == p.journal && info.IsDir() || path != p.journal && info.Mode().IsRegular(); !fits {
			return usageErrorf("%s is in the way: it is no file, or no folder, as is needed. Name another place", path)
		}
	}
	return nil
}

// removePartial removes what a killed run left of files that it was writing.
func (p *importPlaces) removePartial() error {
	return importreport.RemovePartial(p.results, p.rejects.Path, p.rejects.Reasons)
}

// isSameFile says whether two names are of one file, or would be.
func isSameFile(a, b string) bool {
	if inA, err := os.Stat(a); err == nil {
		if inB, err := os.Stat(b); err == nil {
			return os.SameFile(inA, inB)
		}
	}
	absoluteA, errA := filepath.Abs(a)
	absoluteB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absoluteA == absoluteB
}
