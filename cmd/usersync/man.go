package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
)

func (a *app) manCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the man pages into a folder",
		Long: `Write a man page for usersync and one for each command into a folder, which is made
if it is not there: usersync.1, usersync-sync.1 and so on. The same program writes the
same pages.`,
		Example: "  usersync man /usr/local/share/man/man1\n  man -l /usr/local/share/man/man1/usersync-sync.1",
		Args:    exactlyOne("folder"),
	}
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, args []string) error {
		return a.writeManPages(cmd.Root(), args[0])
	})
}

// writeManPages writes a page for each command that help lists.
func (a *app) writeManPages(root *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // everybody may read them
		return &usageError{fmt.Errorf("make the folder for man pages: %w", err)}
	}
	for _, cmd := range documented(root) {
		path := filepath.Join(folder, manName(cmd)+".1")
		if err := renameio.WriteFile(path, []byte(a.manPage(cmd)), 0o644); err != nil {
			return fmt.Errorf("write man page: %w", err)
		}
	}
	return nil
}

// documented are the command and those below it, in the order of help. What help
// does not list, and help itself, is left out.
func documented(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			list = append(list, documented(sub)...)
		}
	}
	return list
}

// manName is the name of the command's page.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// builtOn is the day of the commit that the program was built from; empty where
// the build did not know it.
func builtOn() string {
	info, known := debug.ReadBuildInfo()
	if !known {
		return ""
	}
	return commitDay(info.Settings)
}

func commitDay(settings []debug.BuildSetting) string {
	for _, setting := range settings {
		if setting.Key != "vcs.time" {
			continue
		}
		if at, err := time.Parse(time.RFC3339, setting.Value); err == nil {
			return at.UTC().Format(time.DateOnly)
		}
	}
	return ""
}
