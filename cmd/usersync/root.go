package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const programName = "usersync"

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   programName,
		Short: "Mirror, import and look up the users of an Authgear project",
		Long: `usersync copies the users of an Authgear project to where people need them, into
Postgres or a CSV file, and people from elsewhere into Authgear. It touches only what
changed, never deletes by mistake, and loses no row.

New here? This makes a pretend project on this machine and shows it all:

  usersync demo`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          groupOf,
	}
	root.SetFlagErrorFunc(explainFlagError)
	root.SetHelpFunc(a.help)
	a.declareForAll(root, everywhere,
		&setting{name: "config", value: text(&a.config, "FILE"), usage: "a YAML file with settings, one \"name: value\" a line"})
	a.declareForAll(root, everywhere, a.logging.settings()...)
	root.AddCommand(
		a.syncCommand(),
		a.verifyCommand(),
		a.runsCommand(),
		a.forgetCommand(),
		a.importCommand(),
		a.exportCommand(),
		a.diffCommand(),
		a.usersCommand(),
		a.queryCommand(),
		a.schemaCommand(),
		a.doctorCommand(),
		a.migrateCommand(),
		a.tokenCommand(),
		a.demoCommand(),
		a.emulatorCommand(),
		a.versionCommand(),
		a.manCommand(),
	)
	// cobra adds two more, which it would describe in another voice.
	root.SetOut(a.stdout)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Short = "Show what a command does and its flags"
			cmd.Run, cmd.RunE = nil, helpOn
		case "completion":
			describeCompletion(cmd)
		}
	}
	return root
}

// helpOn shows the help of the command that the words name.
func helpOn(cmd *cobra.Command, words []string) error {
	about := cmd.Root()
	for i, word := range words {
		below := about.Commands()
		found := slices.IndexFunc(below, func(sub *cobra.Command) bool { return sub.Name() == word })
		if found < 0 {
			return groupOf(about, words[i:])
		}
		about = below[found]
	}
	about.InitDefaultHelpFlag() // which its line of usage tells of
	return about.Help()
}

// groupOf is what a command does that only has other commands below it.
func groupOf(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var known []string
	for _, sub := range cmd.Commands() {
		known = append(known, sub.Name())
	}
	return usageErrorf("there is no command %q%s. See: %s --help", cmd.CommandPath()+" "+args[0], suggestion(args[0], known, ""), cmd.CommandPath())
}

// command makes run what the command does once its settings are resolved and
// the logger is set up. It takes no arguments.
func (a *app) command(cmd *cobra.Command, run func(*cobra.Command) error) *cobra.Command {
	cmd.Args = noArguments
	return a.commandWithArguments(cmd, func(cmd *cobra.Command, _ []string) error { return run(cmd) })
}

// noArguments is for a command that has flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageErrorf("%s takes no arguments, only flags: %q. See: %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}

// commandWithArguments is a command that itself has said what arguments it takes.
func (a *app) commandWithArguments(cmd *cobra.Command, run func(*cobra.Command, []string) error) *cobra.Command {
	cmd.ValidArgsFunction = completeArguments(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.resolve(cmd); err != nil {
			return err
		}
		a.logger = a.logging.newLogger(a.stderr)
		for _, warning := range a.warnings {
			a.logger.Warn(warning)
		}
		return run(cmd, args)
	}
	return cmd
}

// print writes a result.
func (a *app) print(text string) error {
	if _, err := io.WriteString(a.stdout, text); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// explainFlagError puts what pflag says of a flag in words for people.
func explainFlagError(cmd *cobra.Command, err error) error {
	see := fmt.Sprintf("See: %s --help", cmd.CommandPath())
	if wrong, is := errors.AsType[*pflag.InvalidValueError](err); is {
		return usageErrorf("--%s is %q: %w. %s", wrong.GetFlag().Name, wrong.GetValue(), wrong.Unwrap(), see)
	}
	if unknown, is := errors.AsType[*pflag.NotExistError](err); is && unknown.GetSpecifiedShortnames() == "" {
		var known []string
		cmd.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, flag.Name) })
		name := unknown.GetSpecifiedName()
		return usageErrorf("%s has no flag --%s%s. %s", cmd.CommandPath(), name, suggestion(name, known, "--"), see)
	}
	return usageErrorf("%w. %s", err, see)
}
