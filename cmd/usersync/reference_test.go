//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// referenceFolder is where the reference is, as seen from here.
const referenceFolder = "../../docs/reference"

// A referencePage is a page of the reference, made from the code.
type referencePage struct {
	file, title, about string
	write              func(t *testing.T, page *markdown)
}

func referencePages() []referencePage {
	return []referencePage{
		{"commands.md", "Commands", "what each does, its flags, examples and exit codes", writeCommandsPage},
		{"settings.md", "Settings", "every flag, variable and key of the file of settings", writeSettingsPage},
		{"fields.md", "Fields", "what is known of a user, and how it stands in files, in SQL and in imports", writeFieldsPage},
		{"tables.md", "Tables", "the mirror in PostgreSQL, column by column", writeTablesPage},
		{"json.md", "JSON", "what commands print for programs", writeJSONPage},
		{"exit-codes.md", "Exit codes", "what each means, and what to do", writeExitCodesPage},
	}
}

// TestReference fails when the reference in docs is not what the code makes of it;
// -update writes it anew.
func TestReference(t *testing.T) {
	t.Parallel()
	index := &markdown{}
	index.title("Reference")
	index.paragraph("Each page is made from the code, and a test fails when they differ.")
	index.table("page", "what is in it")
	names := []string{"README.md"}
	for _, page := range referencePages() {
		names = append(names, page.file)
		index.row("["+page.title+"]("+page.file+")", page.about)
		t.Run(page.file, func(t *testing.T) {
			t.Parallel()
			text := &markdown{}
			text.title(page.title)
			page.write(t, text)
			goldenPage(t, page.file, text)
		})
	}
	goldenPage(t, "README.md", index)
	files, err := os.ReadDir(referenceFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(names, file.Name()) {
			t.Errorf("%s is in the reference, and nothing writes it", file.Name())
		}
	}
}

func goldenPage(t *testing.T, file string, page *markdown) {
	t.Helper()
	path, text := filepath.Join(referenceFolder, file), page.String()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	held, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(string(held), text); difference != "" {
		t.Errorf("docs/reference/%s is not what the code says (make docs writes it anew):\n%s", file, difference)
	}
}
