package main

import (
	"fmt"
	"strings"
)

// suggestion is a question after the known name that is nearest to a misspelt
// one, or nothing where none is near.
func suggestion(misspelt string, known []string, prefix string) string {
	best, least := "", 3
	for _, name := range known {
		distance := editDistance(plainName(misspelt), plainName(name))
		if distance < least && distance < len(name) {
			best, least = name, distance
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s%s?)", prefix, best)
}

// plainName makes one of the ways in which names are written.
func plainName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "-")) }

// editDistance is how many letters must be put in, left out or replaced.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
