package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Facts is what known.txt holds of a schema.
func (s *Schema) Facts() string {
	facts := s.facts()
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		fmt.Fprintf(&lines, "%s %s\n", name, facts[name])
	}
	return lines.String()
}

// Known is what is embedded.
func Known() string { return knownText }
