// Package importreport keeps and writes what became of each row of an import:
// the results, one row each, and the rejects, to be mended and fed again.
package importreport
