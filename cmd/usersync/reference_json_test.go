//go:build unix

package main

import (
	"encoding/json"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A jsonOutput is what a command prints for programs.
type jsonOutput struct {
	command string
	about   string // what there is of it
	value   any    // of the type that is printed; nil where the words say it all
}

const (
	oneObject = "One object, also when the run fails."
	aUser     = "A user a line."
)

func jsonOutputs() []jsonOutput {
	return []jsonOutput{
		{"sync --json", oneObject, usersync.Report{}},
		{"verify --json", oneObject, verifyDocument{}},
		{"runs list --json", "An object a line for each run, as of `usersync sync --json`, the latest first.", nil},
		{"runs show --json", "One object.", runDetail{}},
		{"import --json", oneObject, userimport.Report{}},
		{"diff --json", "An object a line for each user who differs.", diffLine{}},
		{"diff --json --summary", "One object.", diffSummary{}},
		{"users list --json", aUser, nil},
		{"users search --json", aUser, nil},
		{"users get --json", "A user a line, with more keys:", userDocument{}},
		{"export --format ndjson", aUser, nil},
		{"export --format ndjson --changes-since RUN", "An object a line for each change.", usersync.LoggedChange{}},
		{"doctor --json", "One object.", doctorDocument{}},
		{"schema --check --json", "One object.", schemaDocument{}},
		{"query --file FILE", "The `data` of Authgear's answer, as it came.", nil},
	}
}

func writeJSONPage(t *testing.T, page *markdown) {
	t.Helper()
	page.paragraph("On standard output, in UTF-8. Keys may be added; none is given another meaning. In a path,\n`[]` is each element of a list, and a word in capitals a name. Times are RFC 3339, in UTC.")
	page.paragraph("A *user* is an object of [fields](fields.md), in the form of Authgear's own exports. A field that\nthe user has not is left out, but for booleans and counts.")
	writer := &jsonWriter{page: page, sources: &sourceDocs{}, printed: make(map[reflect.Type]string)}
	a := newApp(nil, nil, nil, nil)
	root := a.rootCommand()
	for _, output := range jsonOutputs() {
		command := programName + " " + output.command
		words := strings.Fields(output.command)
		cmd, arguments, err := root.Find(words)
		if err != nil || cmd == root {
			t.Errorf("%s: %v", command, err)
		}
		for _, word := range arguments {
			if name, is := strings.CutPrefix(word, "--"); is && cmd.Flag(name) == nil {
				t.Errorf("%s: there is no flag %s", command, word)
			}
		}
		page.heading(command)
		page.paragraph(output.about)
		if output.value != nil {
			writer.document(t, command, reflect.TypeOf(output.value))
		}
	}
	for _, cmd := range documented(root) {
		said := slices.ContainsFunc(jsonOutputs(), func(o jsonOutput) bool {
			found, arguments, err := root.Find(strings.Fields(o.command))
			return err == nil && found == cmd && slices.Contains(arguments, "--json")
		})
		if cmd.Flag("json") != nil && !said && !cmd.HasAvailableSubCommands() {
			t.Errorf("%s has --json, and the reference does not say what that prints", cmd.CommandPath())
		}
	}
}

// A jsonWriter writes what the fields of types are in JSON, with their comments.
type jsonWriter struct {
	page    *markdown
	sources *sourceDocs
	printed map[reflect.Type]string // the types of documents, by the command that prints them
}

func (w *jsonWriter) document(t *testing.T, command string, typ reflect.Type) {
	t.Helper()
	for field := range fieldsOf(typ) {
		if printed, is := w.printed[pointed(field.Type)]; is && field.Anonymous {
			w.page.paragraph("All that [" + printed + "](#" + anchor(printed) + ") prints, and:")
		}
	}
	w.printed[typ] = command
	w.page.table("path", "type", "what it is")
	w.fields(t, "", typ)
}

// anchor is the address of a heading within its page.
func anchor(heading string) string { return strings.ReplaceAll(heading, " ", "-") }

// fieldsOf yields the fields of a structure that are printed.
func fieldsOf(typ reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for field := range typ.Fields() {
			if (field.IsExported() || field.Anonymous) && field.Tag.Get("json") != "-" && !yield(field) {
				return
			}
		}
	}
}

func (w *jsonWriter) fields(t *testing.T, path string, typ reflect.Type) {
	t.Helper()
	for field := range fieldsOf(typ) {
		if field.Anonymous {
			if _, is := w.printed[pointed(field.Type)]; !is {
				w.fields(t, path, pointed(field.Type))
			}
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			t.Errorf("%s.%s is printed under Go's name", typ, field.Name)
		}
		kind := w.kind(field.Type)
		if options != "" {
			kind = w.kind(pointed(field.Type)) + "; may be absent"
		}
		w.page.row(code(path+name), kind, plain(w.comment(t, typ, field)))
		if inner, suffix := elements(field.Type); inner.Kind() == reflect.Struct && !isScalar(inner) {
			w.fields(t, path+name+suffix+".", inner)
		}
	}
}

func pointed(typ reflect.Type) reflect.Type {
	if typ.Kind() == reflect.Pointer {
		return typ.Elem()
	}
	return typ
}

// elements is what is inside of lists and objects of names, and how a path goes
// there.
func elements(typ reflect.Type) (inner reflect.Type, suffix string) {
	for !isScalar(typ) {
		switch typ.Kind() {
		case reflect.Pointer:
		case reflect.Slice:
			suffix += "[]"
		case reflect.Map:
			suffix += ".NAME"
		default:
			return typ, suffix
		}
		typ = typ.Elem()
	}
	return typ, suffix
}

func isScalar(typ reflect.Type) bool {
	return typ == reflect.TypeFor[time.Time]() || typ == reflect.TypeFor[usersync.ID]() || typ == reflect.TypeFor[json.RawMessage]()
}

// kind is a type in the words of JSON.
func (w *jsonWriter) kind(typ reflect.Type) string {
	switch typ {
	case reflect.TypeFor[time.Time]():
		return "time"
	case reflect.TypeFor[usersync.ID]():
		return "user's ID"
	case reflect.TypeFor[json.RawMessage]():
		return "any"
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return w.kind(typ.Elem()) + " or null"
	case reflect.Slice:
		return "list of " + plural(w.kind(typ.Elem()))
	case reflect.Map:
		return "object of " + plural(w.kind(typ.Elem()))
	case reflect.Struct:
		return "object"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number"
	default:
		return "integer"
	}
}

func plural(kind string) string {
	if kind == "user's ID" {
		return "users' IDs"
	}
	return kind + "s"
}

// comment is what the source says of the field: its own comment or that of a field
// which speaks of both, or else its type's; and of a text, what it can be.
func (w *jsonWriter) comment(t *testing.T, owner reflect.Type, field reflect.StructField) string {
	t.Helper()
	comments := w.sources.of(t, owner).fields[owner.Name()]
	said := comments[field.Name]
	for other := range fieldsOf(owner) {
		if said == "" && regexp.MustCompile(`\b`+field.Name+`\b`).MatchString(comments[other.Name]) {
			said = "see " + jsonName(other)
		}
	}
	said = named(said, owner, field)
	if field.Type.Kind() == reflect.Map && field.Type.Key().PkgPath() != "" {
		said = strings.TrimSuffix(said, ".") + ": " + w.values(t, field.Type.Key())
	}
	inner, _ := elements(field.Type)
	if inner.PkgPath() != "" && !isScalar(inner) {
		doc := w.sources.of(t, inner)
		if said == "" {
			said = named(doc.types[inner.Name()], inner, field)
		}
		if values := w.values(t, inner); values != "" && !namesValue(said, doc.values[inner.Name()]) {
			said = strings.TrimSuffix(said, ".") + ": " + values
		}
	}
	if said == "" {
		t.Errorf("%s.%s has no comment that says what %s is", owner, field.Name, jsonName(field))
	}
	return strings.TrimSuffix(said, ".")
}

// namesValue says whether a comment speaks of the values itself.
func namesValue(comment string, values []describedValue) bool {
	return slices.ContainsFunc(values, func(v describedValue) bool {
		return regexp.MustCompile(`\b` + regexp.QuoteMeta(v.value) + `\b`).MatchString(comment)
	})
}

// values are those that a type of texts has, and what is said of each.
func (w *jsonWriter) values(t *testing.T, typ reflect.Type) string {
	t.Helper()
	var values []string
	for _, v := range w.sources.of(t, typ).values[typ.Name()] {
		if v.comment != "" {
			v.comment = " (" + v.comment + ")"
		}
		values = append(values, v.value+v.comment)
	}
	return strings.Join(values, ", ")
}

func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// named is a comment with the names that fields have in JSON, and without the
// words that begin it in Go.
func named(comment string, owner reflect.Type, field reflect.StructField) string {
	subject := `^(An? )?(` + field.Name + `|` + owner.Name() + `) `
	comment = regexp.MustCompile(subject+`(is|are) `).ReplaceAllString(comment, "")
	comment = regexp.MustCompile(subject+`says (that|whether) `).ReplaceAllString(comment, "whether ")
	if owner.Kind() != reflect.Struct {
		return comment
	}
	for other := range fieldsOf(owner) {
		if name := jsonName(other); name != "" && name != "-" {
			comment = regexp.MustCompile(`\b`+other.Name+`\b`).ReplaceAllString(comment, name)
		}
	}
	return comment
}
