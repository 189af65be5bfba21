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
	question := fmt.Sprintf("\nSend %s to %s, app %s?", counted(plan.Sending(), "row"), job.client.Endpoint(), job.client.AppID())
	agreed, err := a.ask(ctx, question)
	if err == nil && !agreed {
		err = &userimport.RefusedError{Reason: "the answer was no", Remedy: "Run the same command again when it may be sent"}
	}
	return err
}
