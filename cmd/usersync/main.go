// Command usersync mirrors the users of an Authgear project into Postgres or a
// CSV file, touching only what changed.
//
// There is one file for each command, with its options and what it runs. What a
// command does is done by the other packages; what is here are settings,
// output and exit codes. Commands are gathered in root.go, settings are declared
// beside the commands that have them and resolved in settings.go, and errors
// become exit codes in exit.go.
package main

import (
	"context"
	"os"
)

func main() {
	ctx := stoppedBySignals(context.Background())
	os.Exit(newApp(os.Environ(), os.Stdin, os.Stdout, os.Stderr).run(ctx, os.Args[1:]))
}
