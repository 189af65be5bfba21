package userimport

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// checkKeys reads the keys of roles or groups: a JSON array, or texts with ;
// between them. Once the project is known, they have to be its own.
func (m *Mapping) checkKeys(what string, value Value) (any, *fault) {
	keys, f := readKeys(value)
	if f != nil {
		return nil, f
	}
	if m.project == nil {
		return keys, nil
	}
	known := m.project.roles
	if what == "groups" {
		known = m.project.groups
	}
	for _, key := range keys {
		if text, _ := key.(string); !known[text] {
			return nil, &fault{rule: "the project has no " + strings.TrimSuffix(what, "s") + " " + strconv.Quote(shortened(text)), hint: keyHint(text, known)}
		}
	}
	return keys, nil
}

func keyHint(key string, known map[string]bool) string {
	if strings.Contains(key, ",") {
		return "write ; between keys"
	}
	if best := nearestName(key, slices.Collect(maps.Keys(known))); best != "" {
		return best + " is nearest"
	}
	return "make it in Authgear first"
}

// readKeys are the keys, each once.
func readKeys(value Value) ([]any, *fault) {
	var texts []string
	if value.JSON != nil || strings.HasPrefix(value.Text, "[") {
		if err := json.Unmarshal([]byte(value.String()), &texts); err != nil {
			return nil, &fault{rule: "keys are asked for", hint: `write ["one","two"] or one;two`}
		}
	} else {
		for part := range strings.SplitSeq(value.Text, ";") {
			if part = strings.TrimSpace(part); part != "" {
				texts = append(texts, part)
			}
		}
		if len(texts) == 0 {
			return nil, &fault{rule: "there is no key in it", hint: "write [] for none, or leave the cell empty"}
		}
	}
	keys := make([]any, 0, len(texts))
	for _, text := range texts {
		if text == "" {
			return nil, &fault{rule: "a key is never empty"}
		}
		if f := checkStorable(text); f != nil {
			return nil, f
		}
		if !slices.Contains(keys, any(text)) {
			keys = append(keys, text)
		}
	}
	return keys, nil
}
