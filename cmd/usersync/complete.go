package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	usersync "usersync/sync"
)

// describeCompletion gives the commands that cobra adds this program's voice.
func describeCompletion(completion *cobra.Command) {
	completion.Short = "Print a script that completes commands and flags in your shell"
	completion.Long = `Print a script that completes commands, flags, and the values of those that have
a choice. How to load it depends on the shell: see the commands below.`
	completion.Args, completion.RunE = cobra.ArbitraryArgs, groupOf
	for _, shell := range completion.Commands() {
		shell.Args = noArguments
		example, needs := "", ""
		switch shell.Name() {
		case "bash":
			example = "  source <(usersync completion bash)\n  usersync completion bash | sudo tee /etc/bash_completion.d/usersync"
			needs = "\nIt needs the package bash-completion."
		case "zsh":
			example = "  source <(usersync completion zsh)\n  usersync completion zsh > \"${fpath[1]}/_usersync\""
			needs = "\nIt needs compinit: autoload -U compinit; compinit."
		case "fish":
			example = "  usersync completion fish | source\n  usersync completion fish > ~/.config/fish/completions/usersync.fish"
		case "powershell":
			example = "  usersync completion powershell | Out-String | Invoke-Expression\n  usersync completion powershell >> $PROFILE"
		}
		shell.Short = "Print the script for " + shell.Name()
		shell.Long = "Print the script that completes usersync in " + shell.Name() + "." + needs + "\n\nThe first example is for this session, the second for all new ones."
		shell.Example = example
	}
}

// completeValue lets shells complete a setting's value by what help calls it: a
// choice by its words, a field by its name, a file or folder by those there are,
// and others by nothing.
func (a *app) completeValue(cmd *cobra.Command, s *setting) {
	if err := cmd.RegisterFlagCompletionFunc(s.flagName(), completionOf(s.value)); err != nil {
		panic(err) // only for a flag that there is not, or twice
	}
}

func completionOf(of pflag.Value) cobra.CompletionFunc {
	switch v := of.(type) {
	case *value[bool]:
		return cobra.FixedCompletions([]string{"true", "false"}, cobra.ShellCompDirectiveNoFileComp)
	case *value[[]string]:
		return completeFields
	case *value[string]:
		if v.choices != nil {
			return cobra.FixedCompletions(v.choices, cobra.ShellCompDirectiveNoFileComp)
		}
	}
	return completionCalled(of.Type())
}

// completeArguments does the same for a command's arguments, by its line of usage.
func completeArguments(cmd *cobra.Command) cobra.CompletionFunc {
	called := ""
	if words := strings.Fields(cmd.Use); len(words) > 1 {
		called = words[1]
	}
	return completionCalled(called)
}

// completionCalled completes what help calls by a word.
func completionCalled(word string) cobra.CompletionFunc {
	switch word {
	case "FILE":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	case "DIR", "FOLDER":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	case "DEST":
		return completePlace([]string{"postgres", "postgres://"}, "csv")
	case "PLACE", "A":
		return completePlace([]string{authgearPlace, "postgres", "postgres://"}, "csv", "ndjson", "gz", "zst")
	default:
		return cobra.NoFileCompletions
	}
}

// completeFields completes the last of several names of fields, and passes over
// those that are there already.
func completeFields(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	cut := strings.LastIndex(typed, ",") + 1
	before, last := typed[:cut], typed[cut:]
	minus := ""
	if strings.HasPrefix(typed, "-") {
		minus = "-"
	}
	var completions []cobra.Completion
	for f := range usersync.AllFields().All() {
		if strings.HasPrefix(minus+f.Name, last) && !slices.Contains(strings.Split(before, ","), minus+f.Name) {
			completions = append(completions, cobra.CompletionWithDesc(before+minus+f.Name, f.Doc))
		}
	}
	return completions, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completePlace completes the words for places and, where none is meant, the files
// that a place can be.
func completePlace(words []string, endings ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		meant := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return typed == "" || !strings.HasPrefix(word, typed) })
		if len(meant) > 0 {
			return meant, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		return endings, cobra.ShellCompDirectiveFilterFileExt
	}
}
