package userimport

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// texts compares the standard attributes that are texts and no login IDs.
func (c *comparing) texts() {
	for _, field := range []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website",
		"gender", "birthdate", "zoneinfo", "locale",
	} {
		to, has := c.record[field]
		if !has {
			continue
		}
		from := value(c.user, field)
		if from == nil {
			from = c.others[field] // of another type than an import can write
		}
		if to = filled(to); !sameJSON(from, to) {
			c.change(field, from, to)
		}
	}
}

// customAttributes compares those that the record has; others are left alone.
func (c *comparing) customAttributes() {
	to, _ := c.record["custom_attributes"].(map[string]any)
	from, _ := value(c.user, "custom_attributes").(map[string]any)
	for _, name := range keysOf(to) {
		if !sameJSON(from[name], to[name]) {
			c.change("custom_attributes."+name, from[name], to[name])
		}
	}
}

// set compares roles or groups.
func (c *comparing) set(field string) {
	said, has := c.record[field]
	if !has {
		return
	}
	from, _ := value(c.user, field).([]string)
	from = sortedSet(from)
	if to := sortedSet(textsOf(said)); !slices.Equal(from, to) {
		c.change(field, setValue(from), setValue(to))
	}
}

// setValue makes one nothing of all empty sets.
func setValue(set []string) any {
	if len(set) == 0 {
		return nil
	}
	return set
}

// filled is the value, or nil for an empty text: Authgear shows no such.
func filled(value any) any {
	if value == "" {
		return nil
	}
	return value
}

// sameJSON says whether two values of JSON mean the same. Numbers are compared as
// floating point, which they become on their way through Authgear.
func sameJSON(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, is := b.(json.Number)
		return is && (a == b || sameNumber(a, b))
	case []any:
		b, is := b.([]any)
		return is && slices.EqualFunc(a, b, sameJSON)
	case map[string]any:
		b, is := b.(map[string]any)
		return is && maps.EqualFunc(a, b, sameJSON)
	}
	switch b.(type) {
	case []any, map[string]any:
		return false // and no comparing of these by ==, which panics
	}
	return a == b
}

func sameNumber(a, b json.Number) bool {
	x, errA := strconv.ParseFloat(a.String(), 64)
	y, errB := strconv.ParseFloat(b.String(), 64)
	return errA == nil && errB == nil && x == y
}

// textsOf are the texts of a list in a record.
func textsOf(list any) []string {
	switch list := list.(type) {
	case []string:
		return list
	case []any:
		texts := make([]string, 0, len(list))
		for _, element := range list {
			if text, is := element.(string); is {
				texts = append(texts, text)
			}
		}
		return texts
	default:
		return nil
	}
}

func sortedSet(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}

// keysOf are the keys of some objects, each once, sorted.
func keysOf(objects ...map[string]any) []string {
	var keys []string
	for _, object := range objects {
		keys = slices.AppendSeq(keys, maps.Keys(object))
	}
	return sortedSet(keys)
}
