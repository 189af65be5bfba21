package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// A need is a setting without which a command cannot begin.
type need struct {
	flag     string
	variable string
	is       string // what it is and where to find it
	met      bool
}

// isAuthgears says whether the setting's value comes from Authgear.
func (n need) isAuthgears() bool { return strings.HasPrefix(n.variable, "AUTHGEAR_") }

// checkNeeds names everything that is missing at once, so that nobody has to
// find out one by one.
func checkNeeds(needs ...need) error {
	var missing []need
	for _, n := range needs {
		if !n.met {
			missing = append(missing, n)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var lines strings.Builder
	table := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	for _, n := range missing {
		// A strings.Builder takes everything.
		_, _ = fmt.Fprintf(table, "\n  %s\t%s\t%s", n.flag, n.variable, n.is)
	}
	_ = table.Flush()
	noun, where := "a setting is missing", ""
	if len(missing) > 1 {
		noun = fmt.Sprintf("%d settings are missing", len(missing))
	}
	if slices.ContainsFunc(missing, need.isAuthgears) {
		where = "; what belongs to Authgear is in its portal under Advanced, Admin API"
	}
	return usageErrorf("%s. Set the flag or the variable%s:%s", noun, where, &lines)
}
