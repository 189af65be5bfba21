package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// samples are three different values that the setting takes, none its default.
// A switch has but two, which is enough where each beats the one before.
func samples(t *testing.T, s *setting) [3]string {
	t.Helper()
	switch v := s.value.(type) {
	case *value[bool]:
		return [3]string{"true", "false", "true"}
	case *value[string]:
		if len(v.choices) > 0 {
			return [3]string{v.choices[len(v.choices)-1], v.choices[0], v.choices[1]}
		}
		return [3]string{"from-file", "from-environment", "from-flag"}
	case *value[int], *value[uint64]:
		return [3]string{"11", "12", "13"}
	case *value[float64]:
		return [3]string{"0.25", "0.5", "0.75"}
	case *repeated:
		return [3]string{"from-file", "from-environment\nwith, a comma", "from-flag"}
	}
	switch s.value.Type() {
	case "DURATION":
		return [3]string{"11s", "12s", "13s"}
	case "LIMIT":
		return [3]string{"11%", "12", "13%"}
	case "NAMES":
		return [3]string{"email", "email,name", "-identities"}
	}
	t.Fatalf("no samples for --%s", s.name)
	return [3]string{}
}

// parsed is a command whose flags have been read, with its app.
func parsed(t *testing.T, path string, environ, args []string) (*app, *cobra.Command) {
	t.Helper()
	a := newApp(environ, strings.NewReader(""), io.Discard, io.Discard)
	cmd, _, err := a.rootCommand().Find(strings.Fields(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return a, cmd
}

func settingNamed(t *testing.T, a *app, cmd *cobra.Command, name string) *setting {
	t.Helper()
	for _, s := range a.settingsOf(cmd) {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("%s has no setting %s", cmd.CommandPath(), name)
	return nil
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// commandPaths are the commands that have settings of their own.
func commandPaths() []string {
	return []string{"sync", "demo", "emulator", "token", "verify", "runs", "runs list", "runs show", "forget", "import", "import template", "export", "diff", "doctor", "users", "users list", "users search", "users get", "query", "schema", "migrate up", "migrate status"}
}

// TestPrecedence tries every setting of every command in every way of giving
// it: a flag beats the environment, that beats the file, that beats the default.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, path := range commandPaths() {
		a, cmd := parsed(t, path, nil, nil)
		for _, s := range a.settingsOf(cmd) {
			if s.name == "config" {
				continue
			}
			value := samples(t, s)
			file := writeFile(t, "usersync.yaml", fmt.Sprintf("%s: %q\n", s.name, value[0]))
			fromFile, fileLevel := value[0], byFile
			if s.once { // neither the file nor the environment may have it
				file = writeFile(t, "usersync.yaml", "log-format: json\n")
				fromFile, fileLevel = s.value.String(), byDefault
			}
			config := []string{"--config", file}
			t.Run(path+" "+s.name, func(t *testing.T) {
				t.Parallel()
				check := func(want string, level level, environ, args []string) {
					t.Helper()
					a, cmd := parsed(t, path, environ, args)
					if err := a.resolve(cmd); err != nil {
						t.Fatal(err)
					}
					if got := settingNamed(t, a, cmd, s.name).value.String(); got != want {
						t.Errorf("with %q and %q: got %q, want %q", environ, args, got, want)
					}
					if got := a.origins[s.name].level; got != level {
						t.Errorf("with %q and %q: level %d, want %d", environ, args, got, level)
					}
				}
				check(s.value.String(), byDefault, nil, nil)
				check(fromFile, fileLevel, nil, config)
				check(fromFile, fileLevel, []string{"USERSYNC_CONFIG=" + file}, nil)
				variables := s.variables()
				for i, variable := range variables {
					check(value[1], byVariable, []string{variable + "=" + value[1]}, config)
					check(fromFile, fileLevel, []string{variable + "="}, config)
					if i > 0 {
						check(value[1], byVariable, []string{variables[i-1] + "=" + value[1], variable + "=" + value[2]}, config)
					}
				}
				if !s.hidden {
					check(value[2], byFlag, []string{s.ownVariable() + "=" + value[1]}, append(config, "--"+s.flagName()+"="+value[2]))
				}
				if s.once {
					a, cmd := parsed(t, path, []string{s.ownVariable() + "=" + value[1]}, nil)
					if err := a.resolve(cmd); err == nil || !strings.Contains(err.Error(), s.ownVariable()+" is for one run that somebody has looked at") {
						t.Errorf("in the environment: %v", err)
					}
				}
			})
		}
	}
}

// TestNamesInTheEnvironment keeps promises: scripts hold these names.
func TestNamesInTheEnvironment(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"max-delete":   "USERSYNC_MAX_DELETE",
		"endpoint":     "USERSYNC_ENDPOINT AUTHGEAR_ENDPOINT",
		"app-id":       "USERSYNC_APP_ID AUTHGEAR_APP_ID",
		"key-id":       "USERSYNC_KEY_ID AUTHGEAR_ADMIN_API_KEY_ID",
		"key-file":     "USERSYNC_KEY_FILE AUTHGEAR_ADMIN_API_KEY_FILE",
		"key":          "AUTHGEAR_ADMIN_API_KEY",
		"database-url": "DATABASE_URL",
	}
	a, cmd := parsed(t, "sync", nil, nil)
	for name, variables := range want {
		if got := strings.Join(settingNamed(t, a, cmd, name).variables(), " "); got != variables {
			t.Errorf("%s: got %s, want %s", name, got, variables)
		}
	}
}

// TestSecretsAreNoFlags keeps what is secret out of the list of processes.
func TestSecretsAreNoFlags(t *testing.T) {
	t.Parallel()
	for _, path := range commandPaths() {
		_, cmd := parsed(t, path, nil, nil)
		for _, name := range []string{"key", "database-url"} {
			if path == "diff" && name == "key" {
				continue // by what users are the same: the setting diff-key
			}
			if cmd.Flags().Lookup(name) != nil {
				t.Errorf("%s has a flag --%s", path, name)
			}
		}
	}
}
