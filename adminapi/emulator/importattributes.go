package emulator

import (
	"encoding/json"
	"slices"
)

// setAttributes writes the standard and custom attributes that the record has:
// one by one, though an address as a whole.
func (r *importRecord) setAttributes(u *User) error {
	for _, name := range importedAttributes() {
		value, ok := r.fields[name]
		if !ok {
			continue
		}
		if address, isObject := value.(map[string]any); value == nil || isObject && len(address) == 0 {
			delete(u.StandardAttributes, name)
			continue
		}
		u.StandardAttributes[name] = exactNumbers(value)
	}
	return r.setCustomAttributes(u)
}

// importedAttributes are the standard attributes that are no login IDs.
func importedAttributes() []string {
	return []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website",
		"gender", "birthdate", "zoneinfo", "locale", "address",
	}
}

// setCustomAttributes merges the record's custom attributes with the user's. One
// that the project does not know is left out without a word.
func (r *importRecord) setCustomAttributes(u *User) error {
	given := objectField(r.fields, "custom_attributes")
	known := map[string]any{}
	schema := &rule{types: []string{"object"}, properties: map[string]*rule{}}
	for name, value := range given {
		definition, ok := r.store.customAttributes[name]
		if !ok && r.store.customAttributes != nil {
			continue
		}
		known[name] = exactNumbers(value)
		if ok && value != nil {
			schema.properties[name] = definition.rule()
		}
	}
	if err := schema.validate(known, "invalid value"); err != nil {
		return err
	}
	for name, value := range known {
		if value == nil {
			delete(u.CustomAttributes, name)
		} else {
			u.CustomAttributes[name] = value
		}
	}
	return nil
}

// exactNumbers is a copy with numbers in the form in which they are kept.
func exactNumbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, v := range value {
			object[name] = exactNumbers(v)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, v := range value {
			list[i] = exactNumbers(v)
		}
		return list
	case float64:
		text, err := json.Marshal(value)
		if err != nil {
			return value
		}
		return json.Number(text)
	default:
		return value
	}
}

// setKeys makes the record's roles and groups the user's. What the user keeps
// stays in its place.
func (r *importRecord) setKeys(u *User) error {
	for _, kind := range []string{"role", "group"} {
		keys, ok := r.keys(kind + "s")
		if !ok {
			continue
		}
		held := slices.DeleteFunc(slices.Clone(u.keys(kind)), func(k string) bool { return !slices.Contains(keys, k) })
		var added []string
		for _, key := range keys {
			if !slices.Contains(held, key) && !slices.Contains(added, key) {
				added = append(added, key)
			}
		}
		if unknown := r.store.table(kind).unknown(added); len(unknown) > 0 {
			return unknownKeys(title(kind)+"UnknownKeys", "unknown "+kind+" keys", unknown)
		}
		u.setKeys(kind, append(held, added...))
	}
	return nil
}
