package main

import (
	"context"
	"fmt"
	"slices"

	"usersync/adminapi"
	"usersync/adminapi/schema"
	usersync "usersync/sync"
)

// syncOperations are what a run sends, of all that usersync can.
func syncOperations() []string {
	return []string{"UsersyncUsers", "UsersyncNodes", "UsersyncTotalCount", "UsersyncAuditLogs"}
}

// lookAtSchema finds out whether Authgear is of a release that usersync can talk
// to. A server may keep its schema to itself; the pages tell the rest.
func (p *patient) lookAtSchema(ctx context.Context) finding {
	operations := adminapi.Operations()
	read, err := schema.Read(ctx, p.client)
	if err != nil {
		return advisory(failure(err))
	}
	problems := read.Check(operations)
	if len(problems) == 0 {
		return well("all %d operations that usersync sends are valid", len(operations))
	}
	const hint = "See usersync schema --check; use another release of usersync, or report it"
	detail := fmt.Sprintf("%s is not valid: %s", problems[0].Operation, problems[0].Message)
	if more := len(problems) - 1; more > 0 {
		detail += fmt.Sprintf("; and %d more", more)
	}
	// It is all fields that were checked, and a run may do without the wrong one.
	concerned := slices.ContainsFunc(problems, func(problem schema.Problem) bool { return slices.Contains(syncOperations(), problem.Operation) })
	if concerned && p.fields.Equal(usersync.AllFields()) {
		return amiss(exitFailed, hint, "%s", detail)
	}
	return warning(hint, "%s", detail)
}
