package userimport

import (
	"cmp"
	"maps"
	"slices"
)

// A ProblemCount is how often one thing is wrong with one column.
type ProblemCount struct {
	// Column is as the header spells it, empty for rows as a whole.
	Column string `json:"column"`
	// Rule is what is asked of the value.
	Rule string `json:"rule"`
	// Warning says that the rows are sent all the same.
	Warning bool `json:"warning"`
	// Rows are how many have it.
	Rows int `json:"rows"`
	// FirstRow is the first of them by its number, from 1.
	FirstRow int `json:"first_row"`
	// FirstLine is that row's line of the file, from 1; 0 where lines do not tell rows
	// apart.
	FirstLine int `json:"first_line"`
}

// mostKinds is how many kinds of problems are told apart: some rules have what the
// file says in them, and a file can say anything.
const mostKinds = 200

// otherProblems is the rule of those that are not.
const otherProblems = "something else"

// problemCounts are how often each kind of problem was met.
type problemCounts map[problemKind]*ProblemCount

// A problemKind is what problems are told apart by.
type problemKind struct {
	column, rule string
	warning      bool
}

// add counts the problems of a row, each kind once.
func (c problemCounts) add(problems []Problem) {
	for i, problem := range problems {
		sameKind := func(other Problem) bool {
			return other.Column == problem.Column && other.Rule == problem.Rule && other.Warning == problem.Warning
		}
		if slices.ContainsFunc(problems[:i], sameKind) {
			continue
		}
		kind := problemKind{problem.Column, problem.Rule, problem.Warning}
		count := c[kind]
		if count == nil && len(c) >= mostKinds {
			kind = problemKind{rule: otherProblems, warning: problem.Warning}
			count = c[kind]
		}
		if count == nil {
			count = &ProblemCount{
				Column: kind.column, Rule: kind.rule, Warning: kind.warning,
				FirstRow: problem.Row, FirstLine: problem.Line,
			}
			c[kind] = count
		}
		count.Rows++
	}
}

// sorted are the counts, those of most rows first.
func (c problemCounts) sorted() []ProblemCount {
	counts := make([]ProblemCount, 0, len(c))
	for count := range maps.Values(c) {
		counts = append(counts, *count)
	}
	slices.SortFunc(counts, func(a, b ProblemCount) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.FirstRow, b.FirstRow), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	return counts
}
