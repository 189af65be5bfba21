package userimport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// unknownAttribute is what is wrong with a custom attribute that no user has.
func (m *Mapping) unknownAttribute(name string) *fault {
	if m.project == nil || m.project.allowUnknown || m.project.sees(name) {
		return nil
	}
	who := "no user"
	if m.project.sampled > 0 {
		who = fmt.Sprintf("none of the %d users looked at", m.project.sampled)
	}
	f := &fault{rule: who + " has a custom attribute of this name, and Authgear drops those that the project does not know", hint: "if the project has it, add --allow-unknown-attributes"}
	if best := nearestName(name, slices.Collect(maps.Keys(m.project.attributes))); best != "" {
		f.hint = best + " is nearest; " + f.hint
	}
	return f
}

// checkAttribute makes what an attribute's type asks for of a value. Authgear
// keeps numbers as floating point, and ends in an error that says nothing where
// one does not fit.
func (m *Mapping) checkAttribute(name, declared string, value Value) (any, *fault) {
	checked, f := m.attribute(name, declared, value)
	if f == nil && !fitsFloat(checked) {
		return nil, &fault{rule: "the number is too large: Authgear keeps numbers up to 1.8e308", hint: "write a smaller one, or make the attribute a text"}
	}
	return checked, f
}

// fitsFloat says whether all numbers in a value fit a float64.
func fitsFloat(value any) bool {
	switch v := value.(type) {
	case json.Number:
		_, err := strconv.ParseFloat(v.String(), 64)
		return err == nil
	case []any:
		return !slices.ContainsFunc(v, func(element any) bool { return !fitsFloat(element) })
	case map[string]any:
		for _, member := range v {
			if !fitsFloat(member) {
				return false
			}
		}
	}
	return true
}

// attribute reads an attribute's value. A cell of text becomes a number only
// where users have numbers, or the column says so.
func (m *Mapping) attribute(name, declared string, value Value) (any, *fault) {
	if f := m.unknownAttribute(name); f != nil {
		return nil, f
	}
	var types []string
	if declared != "" {
		types = []string{declared}
	} else if m.project != nil && m.project.attributes[name] != "" {
		types = strings.Split(m.project.attributes[name], ",")
		for i := range types {
			types[i] = strings.TrimSpace(types[i])
		}
	}
	if value.JSON == nil {
		if f := checkStorable(value.Text); f != nil {
			return nil, f
		}
		if len(types) == 0 || slices.Contains(types, "string") {
			return value.Text, nil
		}
		return attributeFromText(types[0], strings.TrimSpace(value.Text))
	}
	decoder := json.NewDecoder(bytes.NewReader(value.JSON))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, &fault{rule: "JSON is asked for"}
	}
	kind := JSONType(decoded)
	if len(types) == 0 && kind != "number" {
		return nil, &fault{rule: "Authgear's custom attributes are texts and numbers", hint: "write it as a text"}
	}
	if len(types) > 0 && !slices.Contains(types, kind) {
		if !slices.Contains(types, "integer") || kind != "number" {
			return nil, wrongType(types[0])
		}
		return attributeFromText("integer", string(value.JSON))
	}
	return decoded, nil
}

// attributeFromText reads a cell as what is no text.
func attributeFromText(kind, text string) (any, *fault) {
	var decoded any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(&decoded)
	if decoder.More() || err != nil {
		decoded = nil
	}
	number, isNumber := decoded.(json.Number)
	switch {
	case kind == "boolean":
		return checkBool(Value{Text: text})
	case kind == "integer":
		if !isNumber || strings.ContainsAny(number.String(), ".eE") {
			return nil, wrongType(kind)
		}
		return number, nil
	case decoded == nil || JSONType(decoded) != kind:
		return nil, wrongType(kind)
	}
	return decoded, nil
}

func wrongType(kind string) *fault {
	switch kind {
	case "number", "integer":
		f := &fault{rule: "a number is asked for", hint: "write it with digits and a point alone, such as 1234.5"}
		if kind == "integer" {
			f.rule, f.hint = "a whole number is asked for", "write it with digits alone, such as 1234"
		}
		return f
	case "string":
		return &fault{rule: "a text is asked for", hint: "write it in quotes"}
	default:
		return &fault{rule: "JSON is asked for: a value of the type " + kind}
	}
}

// JSONType names the type of a value as JSON is decoded with [json.Number]:
// "string", "number", "boolean", "array", "object" or "null".
func JSONType(decoded any) string {
	switch decoded.(type) {
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	default:
		return "null"
	}
}
