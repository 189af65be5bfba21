package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The comments of types and fields are not in the program, so they are read from
// the sources beside it.

// A sourceDoc is what the comments of a package say of its types.
type sourceDoc struct {
	types  map[string]string
	fields map[string]map[string]string // by type and field, in Go's names
	values map[string][]describedValue  // by type, in their order
}

// A describedValue is a constant of a type that is a text.
type describedValue struct{ value, comment string }

// sourceDocs reads each package once.
type sourceDocs struct {
	mutex    sync.Mutex
	packages map[string]*sourceDoc
}

func (s *sourceDocs) of(t *testing.T, typ reflect.Type) *sourceDoc {
	t.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.packages == nil {
		s.packages = make(map[string]*sourceDoc)
	}
	if s.packages[typ.PkgPath()] == nil {
		s.packages[typ.PkgPath()] = readSource(t, typ.PkgPath())
	}
	return s.packages[typ.PkgPath()]
}

func readSource(t *testing.T, path string) *sourceDoc {
	t.Helper()
	folder := "."
	if inside, is := strings.CutPrefix(path, "usersync/"); is {
		folder = filepath.Join("../..", inside)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	doc := &sourceDoc{types: make(map[string]string), fields: make(map[string]map[string]string), values: make(map[string][]describedValue)}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if general, is := declaration.(*ast.GenDecl); is {
				doc.read(t, general)
			}
		}
	}
	return doc
}

func (d *sourceDoc) read(t *testing.T, declaration *ast.GenDecl) {
	t.Helper()
	for _, spec := range declaration.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			d.types[s.Name.Name] = commentText(declaration.Doc) + commentText(s.Doc)
			if structure, is := s.Type.(*ast.StructType); is {
				d.fields[s.Name.Name] = fieldComments(structure)
			}
		case *ast.ValueSpec:
			typ, named := s.Type.(*ast.Ident)
			if declaration.Tok != token.CONST || !named || len(s.Values) != 1 {
				continue
			}
			if literal, is := s.Values[0].(*ast.BasicLit); is && literal.Kind == token.STRING {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				d.values[typ.Name] = append(d.values[typ.Name], describedValue{value, commentText(s.Comment)})
			}
		}
	}
}

func fieldComments(structure *ast.StructType) map[string]string {
	comments := make(map[string]string)
	for _, field := range structure.Fields.List {
		said := strings.TrimSpace(commentText(field.Doc) + " " + commentText(field.Comment))
		for _, name := range field.Names {
			comments[name.Name] = said
		}
	}
	return comments
}

var (
	linkInComment = regexp.MustCompile(`\[([\w.]+)\]`)
	noValue       = regexp.MustCompile(`\bnil\b`)
)

// commentText is a comment on one line, as people read it.
func commentText(comment *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(comment.Text()), " ")
	return noValue.ReplaceAllString(linkInComment.ReplaceAllString(text, "$1"), "null")
}
