package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// How to make a table of a spreadsheet's own file, which people mistake for one.
var (
	errWorkbook = errors.New("it is an Excel workbook, not a table of text; open it in Excel, save the sheet as “CSV UTF-8”, and import that file")
	errArchive  = errors.New("it is a zip archive, not a table; unpack it, and import what is in it as CSV or JSON")
)

// notWorkbook refuses workbooks, which are zip archives with a folder named xl, and
// other archives with them.
func notWorkbook(file io.ReaderAt, size int64) error {
	start := make([]byte, 4)
	switch n, err := file.ReadAt(start, 0); {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case !bytes.Equal(start[:n], []byte("PK\x03\x04")):
		return nil
	}
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return errArchive // a broken one is no table either
	}
	if slices.ContainsFunc(archive.File, func(f *zip.File) bool { return strings.HasPrefix(f.Name, "xl/") }) {
		return errWorkbook
	}
	return errArchive
}
