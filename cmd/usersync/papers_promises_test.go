package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPromisesAreKept by tests that there are: each promise names some.
func TestPromisesAreKept(t *testing.T) {
	t.Parallel()
	paper := readPaper(t, "docs/guarantees.md")
	_, rest, _ := strings.Cut(paper, "\n## Promised\n")
	promised, _, found := strings.Cut(rest, "\n## ")
	if !found {
		t.Fatal("the page has no promises")
	}
	tests := regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)\\w+)`")
	promises := 0
	for paragraph := range strings.SplitSeq(promised, "\n\n") {
		if !strings.HasPrefix(paragraph, "**") {
			continue
		}
		promises++
		if !tests.MatchString(paragraph) {
			t.Errorf("no test is named for: %s", paragraph)
		}
	}
	if promises < 20 {
		t.Errorf("%d promises", promises)
	}
	for _, test := range tests.FindAllStringSubmatch(paper, -1) {
		if !hasTest(t, test[1], test[2]) {
			t.Errorf("%s has no %s", test[1], test[2])
		}
	}
	// What the README promises is promised here.
	_, rest, _ = strings.Cut(readPaper(t, "README.md"), "\n## What is promised\n")
	short, _, _ := strings.Cut(rest, "\n## ")
	names := regexp.MustCompile(`(?m)^- \*\*(.*?)\*\*`).FindAllStringSubmatch(short, -1)
	for _, name := range names {
		if !strings.Contains(promised, "\n**"+name[1]+"**") {
			t.Errorf("the README promises %q, which has no test", name[1])
		}
	}
	if len(names) < 5 {
		t.Errorf("%d promises in the README", len(names))
	}
}

// hasTest says whether a folder's tests have one of this name.
func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
