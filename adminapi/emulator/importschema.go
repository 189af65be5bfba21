package emulator

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rule is as much of JSON Schema as imports are checked by. Its errors are
// those that the real server's validator makes.
type rule struct {
	types            []string
	format           string
	enum             []string
	minLength        int
	minimum, maximum json.Number // "" is none
	minItems         int
	items            *rule
	properties       map[string]*rule
	closed           bool // no other properties
	required         []string
}

// cause is one thing that is wrong with a value.
type cause struct {
	Location string         `json:"location"`
	Kind     string         `json:"kind"`
	Details  map[string]any `json:"details,omitempty"`
}

func validationFailed(message string, causes []cause) error {
	return &apiError{
		Name: "Invalid", Reason: "ValidationFailed", Message: message,
		Info: map[string]any{"causes": causes},
	}
}

// validate checks a value whose numbers are json.Number.
func (r *rule) validate(value any, message string) error {
	var causes []cause
	r.check("", value, &causes)
	if len(causes) == 0 {
		return nil
	}
	slices.SortStableFunc(causes, func(a, b cause) int { return strings.Compare(a.Location, b.Location) })
	return validationFailed(message, causes)
}

func (r *rule) check(at string, value any, causes *[]cause) {
	fail := func(kind string, details map[string]any) {
		*causes = append(*causes, cause{Location: at, Kind: kind, Details: details})
	}
	if actual := jsonTypes(value); len(r.types) > 0 && !slices.ContainsFunc(r.types, func(t string) bool { return slices.Contains(actual, t) }) {
		fail("type", map[string]any{"expected": slices.Sorted(slices.Values(r.types)), "actual": actual})
	}
	if r.enum != nil && !slices.ContainsFunc(r.enum, func(e string) bool { return value == e }) {
		fail("enum", map[string]any{"expected": r.enum, "actual": value})
	}
	switch value := value.(type) {
	case string:
		if n := utf8.RuneCountInString(value); n < r.minLength {
			fail("minLength", map[string]any{"expected": r.minLength, "actual": n})
		}
		if err := checkFormat(r.format, value); err != nil {
			fail("format", map[string]any{"format": r.format, "error": err.Error()})
		}
	case json.Number:
		r.checkNumber(value, fail)
	case []any:
		if len(value) < r.minItems {
			fail("minItems", map[string]any{"expected": r.minItems, "actual": len(value)})
		}
		for i, item := range value {
			if r.items != nil {
				r.items.check(at+"/"+strconv.Itoa(i), item, causes)
			}
		}
	case map[string]any:
		r.checkObject(at, value, causes)
	}
}

func (r *rule) checkNumber(value json.Number, fail func(string, map[string]any)) {
	number, err := value.Float64()
	if err != nil {
		number = math.Inf(1)
	}
	if limit, err := r.minimum.Float64(); err == nil && number < limit {
		fail("minimum", map[string]any{"minimum": r.minimum, "actual": value})
	}
	if limit, err := r.maximum.Float64(); err == nil && number > limit {
		fail("maximum", map[string]any{"maximum": r.maximum, "actual": value})
	}
}

func (r *rule) checkObject(at string, object map[string]any, causes *[]cause) {
	var names, missing []string
	for name, value := range object {
		names = append(names, name)
		location := at + "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
		if property, ok := r.properties[name]; ok {
			property.check(location, value, causes)
		} else if r.closed {
			*causes = append(*causes, cause{Location: location})
		}
	}
	for _, name := range r.required {
		if _, ok := object[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(names)
		*causes = append(*causes, cause{Location: at, Kind: "required", Details: map[string]any{
			"expected": r.required, "actual": names, "missing": missing,
		}})
	}
}

// jsonTypes names the types that a value has, sorted: a whole number has two.
func jsonTypes(value any) []string {
	switch value := value.(type) {
	case nil:
		return []string{"null"}
	case string:
		return []string{"string"}
	case bool:
		return []string{"boolean"}
	case map[string]any:
		return []string{"object"}
	case []any:
		return []string{"array"}
	case json.Number:
		if f, err := value.Float64(); err != nil || f == math.Trunc(f) {
			return []string{"integer", "number"}
		}
		return []string{"number"}
	default:
		return nil
	}
}
