package table_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// People take a workbook for its table: they are told what to do.
func TestWorkbooksAreNoTables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		says string
	}{
		"a workbook":               {zipped(t, "[Content_Types].xml", "xl/workbook.xml"), "it is an Excel workbook, not a table of text; open it in Excel, save the sheet as “CSV UTF-8”"},
		"another archive":          {zipped(t, "users.csv"), "it is a zip archive"},
		"the beginning of one":     {"PK\x03\x04", "it is a zip archive"},
		"what only begins like it": {"PK,email\n1,a@example.com\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t.Context(), file(t, "users.xlsx", test.text))
			if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

func zipped(t *testing.T, names ...string) string {
	t.Helper()
	var text bytes.Buffer
	archive := zip.NewWriter(&text)
	for _, name := range names {
		if _, err := archive.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
