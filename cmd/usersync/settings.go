package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A setting is one thing that people can tell usersync: by a flag, by the
// environment, in the configuration file, or not at all, in this order. Flags,
// help, the names in the environment and those in the file come from it.
type setting struct {
	name  string // of the flag, and of the key in the file
	short string // one letter for the flag, or none
	// vars are names in the environment, the strongest first. Every setting that
	// has a flag, and is not for one run alone, has USERSYNC_NAME before these.
	vars []string
	// hidden keeps the setting from being a flag, where other people of the
	// machine could read it in the list of processes.
	hidden bool
	// flag is the flag's name where that is another than the setting's, which must
	// not be one that another setting has in the environment and in the file.
	flag string
	// own keeps the setting from the commands below the one that has it.
	own bool
	// once keeps the setting out of the file and the environment, which serve every
	// run: it is for one that somebody has looked at.
	once  bool
	value pflag.Value
	usage string // one sentence without a full stop
}

// flagName is the flag's name; empty where the setting has none.
func (s *setting) flagName() string {
	if s.hidden {
		return ""
	}
	return cmp.Or(s.flag, s.name)
}

// variables are the names that the setting has in the environment.
func (s *setting) variables() []string {
	if s.hidden || s.once {
		return s.vars
	}
	return append([]string{s.ownVariable()}, s.vars...)
}

// ownVariable is the name in the environment that follows from the setting's.
func (s *setting) ownVariable() string {
	return "USERSYNC_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// A level is how strongly a setting was given.
type level int

const (
	byDefault level = iota
	byFile
	byVariable
	byFlag
)

// An origin is where a setting's value came from.
type origin struct {
	level level
	where string // "--rate", "USERSYNC_RATE" or "/etc/usersync.yaml, line 3"
}

// declare gives the command alone settings, under a heading in its help.
func (a *app) declare(cmd *cobra.Command, heading string, settings ...*setting) {
	for _, s := range settings {
		s.own = true
	}
	a.declareIn(cmd.Flags(), cmd, heading, settings...)
}

// declareForAll gives settings to the command and to all those below it.
func (a *app) declareForAll(cmd *cobra.Command, heading string, settings ...*setting) {
	a.declareIn(cmd.PersistentFlags(), cmd, heading, settings...)
}

func (a *app) declareIn(flags *pflag.FlagSet, cmd *cobra.Command, heading string, settings ...*setting) {
	for _, s := range settings {
		if s.hidden {
			continue
		}
		flag := flags.VarPF(s.value, s.flagName(), s.short, s.usage)
		flag.Annotations = map[string][]string{headingAnnotation: {heading}}
		if _, isSwitch := s.value.(*value[bool]); isSwitch {
			flag.NoOptDefVal = "true"
		}
		a.completeValue(cmd, s)
	}
	a.settings[cmd] = append(a.settings[cmd], settings...)
}

// headingAnnotation is where a flag keeps the heading it has in help.
const headingAnnotation = "usersync_heading"

// settingsOf are the command's settings and those that it has from the commands
// above it.
func (a *app) settingsOf(cmd *cobra.Command) []*setting {
	settings := slices.Clone(a.settings[cmd])
	for above := cmd.Parent(); above != nil; above = above.Parent() {
		for _, s := range a.settings[above] {
			if !s.own {
				settings = append(settings, s)
			}
		}
	}
	return settings
}

// settingNames are the names that any command knows, sorted: a file serves all
// commands, so it may set what the one that runs has no use for.
func (a *app) settingNames() []string {
	var names []string
	for _, settings := range a.settings {
		for _, s := range settings {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isOnce says whether a name is that of a setting for one run alone.
func (a *app) isOnce(name string) bool {
	for _, settings := range a.settings {
		if slices.ContainsFunc(settings, func(s *setting) bool { return s.once && s.name == name }) {
			return true
		}
	}
	return false
}

// resolve gives each setting of the command its value and notes where it is
// from. Flags have been read already.
func (a *app) resolve(cmd *cobra.Command) error {
	a.origins = make(map[string]origin)
	settings := a.settingsOf(cmd)
	for _, s := range settings {
		if flag := cmd.Flags().Lookup(s.flagName()); flag != nil && flag.Changed {
			a.origins[s.name] = origin{byFlag, "--" + s.flagName()}
			continue
		}
		if err := a.setFromEnvironment(s); err != nil {
			return err
		}
	}
	if a.config == "" {
		return nil
	}
	file, err := a.readConfig(a.config)
	if err != nil {
		return err
	}
	for _, s := range settings {
		entry, given := file[s.name]
		if !given || a.origins[s.name].level > byFile {
			continue
		}
		where := fmt.Sprintf("%s, line %d", a.config, entry.line)
		if err := s.value.Set(entry.text); err != nil {
			return usageErrorf("%s: %s %s", where, s.name, complaint(s, entry.text, err))
		}
		a.origins[s.name] = origin{byFile, where}
	}
	return nil
}

// setFromEnvironment passes over variables that are set to nothing, which is
// how many schedulers spell a variable that is not set.
func (a *app) setFromEnvironment(s *setting) error {
	if own := s.ownVariable(); s.once && a.environ[own] != "" {
		return usageErrorf("%s is for one run that somebody has looked at, and the environment is for all of them. Take it out, and give that run --%s", own, s.flagName())
	}
	for _, name := range s.variables() {
		text := a.environ[name]
		if text == "" {
			continue
		}
		if err := s.value.Set(text); err != nil {
			return usageErrorf("%s %s", name, complaint(s, text, err))
		}
		a.origins[s.name] = origin{byVariable, name}
		return nil
	}
	return nil
}

// complaint says what is wrong with a value, and shows it unless it is secret.
func complaint(s *setting, text string, err error) string {
	if s.hidden {
		return err.Error()
	}
	return fmt.Sprintf("is %q: %v", text, err)
}
