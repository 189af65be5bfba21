package schema

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// BuiltAgainst is the release of Authgear whose schema adminapi was built
// against, as people call it.
const BuiltAgainst = "August 2026"

// knownText has a line for each type, field, argument and value of the schema of
// that release: its name, a space, and its kind or type. It is made by the
// package's tests with -update.
//
//go:embed known.txt
var knownText string

// News is what is otherwise than in the release [BuiltAgainst]. Names are those
// of types (User), of their fields (User.email), of arguments (Query.users(first))
// and of enum values (SortDirection.ASC). What a new type or field has is not
// listed beside it, nor what one had that is gone. All lists are sorted.
type News struct {
	New     []string     `json:"new"`     // names that the release had not
	Gone    []string     `json:"gone"`    // names that only the release had
	Changed []Difference `json:"changed"` // names that stand for something else
}

// A Difference is a name that stands for something else than before.
type Difference struct {
	Name string `json:"name"` // as in News
	Was  string `json:"was"`  // a type such as "String!", or a kind such as "enum"
	Is   string `json:"is"`   // likewise
}

// News compares the schema with that of the release [BuiltAgainst].
func (s *Schema) News() News {
	known, present := make(map[string]string), s.facts()
	for line := range strings.Lines(knownText) {
		name, is, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		known[name] = is
	}
	news := News{New: without(present, known), Gone: without(known, present), Changed: []Difference{}}
	for _, name := range slices.Sorted(maps.Keys(present)) {
		if was, both := known[name]; both && was != present[name] {
			news.Changed = append(news.Changed, Difference{Name: name, Was: was, Is: present[name]})
		}
	}
	return news
}

// without is the names that one has and the other has not, the outermost alone.
func without(one, other map[string]string) []string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(one)) {
		if _, both := other[name]; both {
			continue
		}
		if owner := ownerOf(name); owner != "" {
			if _, both := other[owner]; !both {
				continue
			}
		}
		names = append(names, name)
	}
	return names
}

// ownerOf is User.email for User.email(x), User for User.email, "" for User.
func ownerOf(name string) string {
	if i := strings.LastIndexAny(name, ".("); i >= 0 {
		return name[:i]
	}
	return ""
}

// facts are all names of the schema with what they stand for.
func (s *Schema) facts() map[string]string {
	facts := make(map[string]string)
	for name, definition := range s.parsed.Types {
		if definition.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		facts[name] = strings.ToLower(string(definition.Kind))
		for _, field := range definition.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			facts[name+"."+field.Name] = field.Type.String()
			for _, argument := range field.Arguments {
				facts[fmt.Sprintf("%s.%s(%s)", name, field.Name, argument.Name)] = argument.Type.String()
			}
		}
		if definition.Kind == ast.Enum {
			for _, value := range definition.EnumValues {
				facts[name+"."+value.Name] = "value"
			}
		}
	}
	return facts
}
