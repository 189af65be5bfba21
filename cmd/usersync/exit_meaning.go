package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// An exitMeaning is what an exit code tells.
type exitMeaning struct {
	code    int
	name    string   // one word
	meaning string   // for help
	remedy  string   // what to do, a sentence or two, for man pages and docs
	of      []string // the commands that can end so, * for all below one; all where none is named
}

// exitMeanings are what the codes in use tell.
func exitMeanings() []exitMeaning {
	return []exitMeaning{
		{exitOK, "done", "done", "There is nothing to do.", nil},
		{exitFailed, "failed", "failed", "Read the sentence on standard error: it says what went wrong, and what to do about it.", nil},
		{exitUsage, "usage", "usage or configuration is wrong", "Correct the flag, variable, file or permission that the sentence names. The same command fails again until then.", nil},
		{exitRows, "rows", "done, but some rows are rejected, in conflict, failed, unknown or have warnings (import)", "Look at the results file. Mend the rows in the rejects file, and import that.", []string{"import"}},
		{exitDifferences, "differences", "differences found (verify, diff, sync --dry-run --exit-code)", "Look at them. Where a mirror differs, usersync sync brings it up to date, and with --repair mends what others have changed in it.", []string{"sync", "verify", "diff"}},
		{exitRefused, "refused", "refused for safety, nothing was changed", "Look at what the sentence names, and if it is meant, let just that pass as the sentence says.", []string{"sync", "verify", "doctor", "import"}},
		{exitLocked, "locked", "another run holds the lock", "Let the other run end. Where there is --wait-lock, it waits for that.", []string{"sync", "verify", "forget", "doctor", "import"}},
		{
			exitUnauthorized, "unauthorized", "Authgear refused the credentials", "Compare endpoint, app ID, key ID, key and clock: usersync doctor does.",
			[]string{"sync", "verify", "import", "export", "diff", "users *", "query", "schema", "doctor"},
		},
		{
			exitTemporary, "temporary", "temporary trouble, try again later", "If it lasts, usersync doctor says what is in the way.",
			[]string{"sync", "verify", "runs *", "forget", "import", "export", "diff", "users *", "query", "schema", "doctor", "migrate *"},
		},
		{exitTimeLimit, "time-limit", "the time limit is reached, nothing was changed (--max-duration)", "Find out why it took so long, or give it more time.", []string{"sync"}},
		{exitSignal + int(syscall.SIGINT), "interrupted", "interrupted by Ctrl-C (SIGINT)", "Run it again when you like: a mirror is as it was, and an import goes on where it was.", nil},
		{exitSignal + int(syscall.SIGTERM), "terminated", "interrupted by SIGTERM", "As for Ctrl-C.", nil},
	}
}

// isOf says whether the command can end so.
func (m exitMeaning) isOf(cmd *cobra.Command) bool {
	if m.of == nil || !cmd.HasParent() {
		return true
	}
	path := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
	return slices.ContainsFunc(m.of, func(name string) bool {
		name, family := strings.CutSuffix(name, " *")
		return path == name || family && strings.HasPrefix(path, name+" ")
	})
}

// exitMeaningsOf are those of the codes that the command can end with.
func exitMeaningsOf(cmd *cobra.Command) []exitMeaning {
	return slices.DeleteFunc(exitMeanings(), func(m exitMeaning) bool { return !m.isOf(cmd) })
}

// exitCodes are the codes in use and what they mean.
func exitCodes() [][2]string {
	var rows [][2]string
	for _, m := range exitMeanings() {
		rows = append(rows, [2]string{strconv.Itoa(m.code), m.meaning})
	}
	return rows
}

// exitCodeTable is the list of exit codes for help.
func exitCodeTable() string {
	var table strings.Builder
	table.WriteString("\nExit codes:\n")
	for _, row := range exitCodes() {
		fmt.Fprintf(&table, "  %3s  %s\n", row[0], row[1])
	}
	return table.String()
}
