package main

import (
	"context"
	"io/fs"
	"os"
	"slices"
	"strings"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// A patient is what doctor looks at, and what earlier checks found out for later
// ones.
type patient struct {
	app      *app // with a logger that says nothing: what it would say is in findings
	options  *syncOptions
	settings []*setting

	to     destination
	fields usersync.FieldSet

	authgearState
	mirrorState
}

// settingsChecks are the settings that a run needs, those that were given, and
// what can be said of them on this machine.
func (p *patient) settingsChecks() []check {
	o := &p.options.source.authgear
	needs := append(o.needs(), p.options.mirror.need())
	var checks []check
	for _, n := range needs {
		name := strings.TrimPrefix(n.flag, "--")
		switch {
		case name == "to" && !n.met:
			checks = append(checks, check{name: name, look: func(context.Context) finding {
				return skipped("not given: no mirror is looked at")
			}})
		case !n.met:
			checks = append(checks, check{name: name, look: func(context.Context) finding {
				return amiss(exitUsage, "Set "+n.flag+" or "+n.variable+": "+n.is+" (in Authgear's portal under Advanced, Admin API)", "not set")
			}})
		case name == "key-file" && o.keyFile == "":
		default:
			checks = append(checks, p.settingCheck(name))
		}
	}
	for _, s := range p.settings {
		isShown := slices.ContainsFunc(checks, func(c check) bool { return c.name == s.name })
		if p.app.origins[s.name].level > byDefault && !isShown && !slices.Contains([]string{"json", "quiet", "verbose"}, s.name) {
			checks = append(checks, p.settingCheck(s.name))
		}
	}
	if p.app.config != "" {
		checks = append(checks, check{name: "config permissions", look: p.lookAtConfig})
	}
	return append(checks,
		check{name: "all together", look: p.lookTogether},
		check{name: "private key", after: []string{"key-file"}, look: p.lookAtKey},
		check{name: "key permissions", after: []string{"private key"}, look: p.lookAtKeyFile},
	)
}

// settingCheck shows a setting that was given, and where it is from.
func (p *patient) settingCheck(name string) check {
	return check{name: name, look: func(context.Context) finding {
		f := p.lookAtSetting(name)
		if f.Status == statusOK {
			f.Detail += " (" + p.app.origins[name].where + ")"
		} else if f.Hint == "" {
			f.Hint = "Correct it in " + p.app.origins[name].where
		}
		return f
	}}
}

// lookAtSetting shows a value unless it is secret, or may be.
func (p *patient) lookAtSetting(name string) finding {
	i := slices.IndexFunc(p.settings, func(s *setting) bool { return s.name == name })
	text := p.settings[i].value.String()
	switch name {
	case "endpoint":
		endpoint, err := adminapi.ParseEndpoint(text, p.options.source.authgear.insecure)
		if err != nil {
			return failure(&usageError{err})
		}
		return well("%s", endpoint)
	case "to":
		to, err := p.app.destination(&p.options.mirror)
		if err != nil {
			return failure(err)
		}
		p.to = to
		if p.app.origins[name].level == byFlag && urlHasPassword(text) {
			return warning("Put the URL into DATABASE_URL and write --to postgres: everybody on this machine can read arguments", "%s, with a password in an argument", to)
		}
		return well("%s", to)
	case "database-url":
		if !isPostgresURL(text) {
			return skipped("no postgres:// URL; it is not shown, as it may hold a password")
		}
		return well("%s", shownURL(text))
	case "key":
		return well("a key, which is not shown")
	}
	if strings.Contains(text, "-----BEGIN") {
		return amiss(exitUsage, "", "it holds a key, which is not shown, and not what belongs there")
	}
	return well("%s", strings.ReplaceAll(text, "\n", ","))
}

// lookAtConfig is about who else can read what is secret in the file of settings.
func (p *patient) lookAtConfig(context.Context) finding {
	if p.app.exposed != "" {
		return warning(closeFile(p.app.config), "the file %s", p.app.exposed)
	}
	return well("others can read nothing that is secret in %s", p.app.config)
}

// lookTogether is what sync checks of its settings before anything else.
func (p *patient) lookTogether(context.Context) finding {
	var err error
	if p.fields, err = parseFields(p.options.source.fields); err != nil {
		return failure(err)
	}
	if p.options.policy.OnDelete, err = usersync.ParseOnDelete(p.options.onDelete); err != nil {
		return failure(&usageError{err})
	}
	// A mirror that is not known is one of either kind.
	if p.to != (destination{}) {
		err = p.options.check(p.to, p.app.logging.quiet)
	}
	if err != nil {
		return failure(err)
	}
	return well("they go together")
}

// lookAtKey reads the key.
func (p *patient) lookAtKey(context.Context) finding {
	o := &p.options.source.authgear.credentialOptions
	key, err := p.app.signingKey(o)
	if err != nil && strings.Contains(sentence(err), ". ") {
		return failure(err)
	}
	if err != nil {
		return amiss(exitCode(err), "Take the file that Authgear's portal hands out (Advanced, Admin API), as it is", "%s", sentence(err))
	}
	p.key = key
	return well("RSA; its public part has the SHA-256 %s", key.Thumbprint())
}

// lookAtKeyFile is about who else can read the key.
func (p *patient) lookAtKeyFile(context.Context) finding {
	path := p.options.source.authgear.keyFile
	if path == "" || p.options.source.authgear.key != "" && p.app.origins["key"].level > p.app.origins["key-file"].level {
		return skipped("the key is in no file of its own")
	}
	info, err := os.Stat(path)
	if err != nil {
		return failure(&usageError{err})
	}
	return keyFileFinding(path, info.Mode().Perm(), p.key.Warning() == "")
}

// keyFileFinding is what to say of a file that is private, or is not. Private is
// also what the superuser gives a group, as service managers do.
func keyFileFinding(path string, mode fs.FileMode, private bool) finding {
	switch {
	case !private:
		return warning(closeFile(path), "other users of this machine can read or change the file (mode %#o)", mode)
	case mode&0o077 != 0:
		return well("the superuser handed the file to its group, and nobody else can read it (mode %#o)", mode)
	default:
		return well("nobody else can read the file (mode %#o)", mode)
	}
}
