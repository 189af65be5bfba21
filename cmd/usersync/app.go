package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// An app is one invocation of usersync with all of the world that it may touch.
type app struct {
	environ map[string]string
	stdin   io.Reader
	stdout  io.Writer
	stderr  *console
	now     func() time.Time

	settings map[*cobra.Command][]*setting
	origins  map[string]origin // of the settings of the command that runs
	config   string            // the file to read settings from, or none
	exposed  string            // what others can read in it that is secret, if anything
	logging  loggingOptions
	logger   *slog.Logger
	warnings []string // from before there was a logger
}

// newApp takes the environment as NAME=value, as os.Environ gives it.
func newApp(environ []string, stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{
		environ:  make(map[string]string, len(environ)),
		stdin:    stdin,
		stdout:   stdout,
		stderr:   &console{out: stderr},
		now:      time.Now,
		settings: make(map[*cobra.Command][]*setting),
		logger:   slog.New(slog.DiscardHandler),
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		a.environ[name] = value
	}
	return a
}

// run does what the arguments say and returns the exit code. When the context
// ends, whatever runs stops; an [interruption] as its cause gives the code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for the process's own
	root.SetIn(a.stdin)
	root.SetErr(a.stderr)
	return a.conclude(root.ExecuteContext(ctx))
}

// isTerminal says whether people are at the other end of a stream.
func isTerminal(stream any) bool {
	file, isFile := stream.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}
