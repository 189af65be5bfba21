package main

import (
	"testing"

	"usersync/sync/userimport"
)

func TestApprovalText(t *testing.T) {
	t.Parallel()
	for want, plan := range map[string]*userimport.Plan{
		"Send 1 row to HERE?":      {Outcomes: map[userimport.Outcome]int{userimport.Updated: 1}},
		"Send 1,200 rows to HERE?": {Outcomes: map[userimport.Outcome]int{userimport.Created: 1200}},
		"Find out what came of 2 rows at HERE, and send again what did not arrive?": {Open: 2},
		"Send 3 rows to HERE, and find out what came of those under way?":           {Open: 2, Outcomes: map[userimport.Outcome]int{userimport.Created: 3}},
	} {
		if got := approvalText(plan, "HERE"); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
