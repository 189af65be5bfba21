package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"usersync/sync/userimport"
)

// canAsk says whether there is somebody at a terminal to ask, whose answers are
// not the rows themselves.
func (a *app) canAsk(o *importOptions) bool {
	return a.stderr.isTerminal() && isTerminal(a.stdin) && (o.spool == "" || o.from != "")
}

// ask puts a question to the person at the terminal. Anything but a yes is a no.
func (a *app) ask(ctx context.Context, question string) (bool, error) {
	if _, err := io.WriteString(a.stderr, question+" [y/N] "); err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	answered := make(chan string, 1)
	go func() {
		// Whatever cannot be read is no yes. Nobody waits for this at the end.
		line, _ := bufio.NewReader(a.stdin).ReadString('\n')
		answered <- line
	}()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case line := <-answered:
		answer := strings.ToLower(strings.TrimSpace(line))
		return answer == "y" || answer == "yes", nil
	}
}

// approve lets the import go on if --yes says so, or the person does.
func (a *app) approve(ctx context.Context, job *importJob, plan *userimport.Plan) error {
	if job.options.yes {
		return nil
	}
	agreed, err := a.ask(ctx, "\n"+approvalText(plan, fmt.Sprintf("%s, app %s", job.client.Endpoint(), job.client.AppID())))
	if err == nil { // what comes next is apart from the question
		_, err = io.WriteString(a.stderr, "\n")
	}
	if err == nil && !agreed {
		err = &userimport.RefusedError{Reason: "the answer was no", Remedy: "Run the same command again when it may be sent"}
	}
	return err
}

// approvalText asks for what is to be done at a project.
func approvalText(plan *userimport.Plan, to string) string {
	fresh := plan.Sending() - plan.Open
	switch {
	case plan.Open == 0:
		return fmt.Sprintf("Send %s to %s?", counted(fresh, "row"), to)
	case fresh == 0:
		return fmt.Sprintf("Find out what came of %s at %s, and send again what did not arrive?", counted(plan.Open, "row"), to)
	default:
		return fmt.Sprintf("Send %s to %s, and find out what came of those under way?", counted(fresh, "row"), to)
	}
}
