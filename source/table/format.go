package table

import (
	"bytes"
	"path/filepath"
	"strings"
)

// Format is what kind of table a file has.
type Format string

// The formats that can be read.
const (
	CSV    Format = "csv"    // rows of cells under a header
	NDJSON Format = "ndjson" // JSON objects, mostly one a line
	JSON   Format = "json"   // an array of JSON objects
)

// sniffed is how many bytes of a text are enough to tell its format.
const sniffed = 4 << 10

// formatOf tells the format by the file's name and by what its text begins with.
// A name that says JSON is believed; otherwise it is JSON if an object begins as
// no row of CSV can: with a quote inside a bare cell.
func formatOf(name string, start []byte) Format {
	const blank = " \t\r\n"
	start = bytes.TrimLeft(start, blank)
	inside, array := bytes.CutPrefix(start, []byte{'['})
	format := NDJSON
	if array {
		format = JSON
	}
	space := blank
	switch strings.ToLower(filepath.Ext(WithoutCompression(name))) {
	case ".json", ".ndjson", ".jsonl":
		return format
	case ".csv", ".tsv":
		space = " "
	}
	inside, object := bytes.CutPrefix(bytes.TrimLeft(inside, space), []byte{'{'})
	if object && bytes.HasPrefix(bytes.TrimLeft(inside, space), []byte{'"'}) {
		return format
	}
	return CSV
}
