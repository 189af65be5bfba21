// Package table reads the tables that people are imported from: files of CSV and
// of JSON objects as other programs write them, what comes through standard
// input, and the rows of a query. It streams, so that a table may be of any size,
// it finds out how a file is written, and what it cannot read exactly is an error
// that names the line.
//
//	file ─▶ decompress ─▶ decode ─▶ check ─▶ rows of CSV, or objects of JSON
package table
