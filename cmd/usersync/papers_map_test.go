package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMapOfTheHouse: the paths that papers name are there, and every folder with code
// is on the map.
func TestMapOfTheHouse(t *testing.T) {
	t.Parallel()
	for _, path := range papers() {
		for _, named := range regexp.MustCompile("`((?:adminapi|cmd|docs|migrations|sink|source|sync)/[^` ]*)`").FindAllStringSubmatch(readPaper(t, path), -1) {
			if strings.Contains(named[1], ".Test") {
				continue // a promise's test
			}
			found, err := filepath.Glob(filepath.Join("../..", named[1]))
			if err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is not there", path, named[1])
			}
			for _, place := range found {
				if info, err := os.Stat(place); err != nil || info.IsDir() != strings.HasSuffix(named[1], "/") {
					t.Errorf("%s names %s: folders have a / at their end (%v)", path, named[1], err)
				}
			}
		}
	}
	contributing := readPaper(t, "CONTRIBUTING.md")
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || len(entry.Name()) > 1 && strings.HasPrefix(entry.Name(), ".")) {
			return fs.SkipDir
		}
		if folder := filepath.Dir(path); filepath.Ext(path) == ".go" && !strings.Contains(contributing, "`"+folder+"/`") {
			t.Errorf("%s is not on the map", folder)
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestReadmeHasEveryCommand that people call.
func TestReadmeHasEveryCommand(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(readPaper(t, "README.md"), "\n## The commands\n")
	table, _, found := strings.Cut(rest, "\n\n`--help`")
	if !found {
		t.Fatal("there is no table of commands")
	}
	for _, cmd := range newApp(nil, nil, nil, nil).rootCommand().Commands() {
		switch cmd.Name() {
		case "help", "completion", "version":
			continue
		}
		if !cmd.Hidden && !regexp.MustCompile("`"+cmd.Name()+"[` ]").MatchString(table) {
			t.Errorf("the README does not tell of %s", cmd.CommandPath())
		}
	}
}
