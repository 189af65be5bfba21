package main

import (
	"os"
	"strings"
	"testing"
)

func TestConfigFileErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content, want string }{
		{"unknown key", "rate: 5\nmax-delet: 3\n", "line 2: max-delet is not a setting (did you mean max-delete?)"},
		{"underscores", "max_delete: 3\n", "line 1: max_delete is not a setting (did you mean max-delete?)"},
		{"far from any", "colour: red\n", "line 1: colour is not a setting"},
		{"the file itself", "config: other.yaml\n", "line 1: config is not a setting"},
		{"for one run", "rate: 5\napprove: 20261123-031500-q7m2ka\n", "line 2: approve is for one run that somebody has looked at"},
		{"for one run, but off", "adopt: false\n", "line 1: adopt is for one run"},
		{"twice", "rate: 5\n\nrate: 6\n", "line 3: rate is set on line 1 already"},
		{"no value", "rate:\n", "line 1: rate has no value"},
		{"wrong value", "# pace\nrate: fast\n", `line 2: rate is "fast": must be a number from 0 to 10000`},
		{"nested", "rate: {a: 1}\n", "line 1: rate must be a single value"},
		{"list of lists", "fields: [[a]]\n", "line 1: fields must be a list of names"},
		{"no mapping", "- rate\n", "line 1: settings are written as"},
		{"not YAML", "rate: [\n", "line 1"},
		{"two documents", "rate: 5\n---\nrate: 6\n", "more than one document"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, "usersync.yaml", test.content)
			a, cmd := parsed(t, "sync", nil, []string{"--config", path})
			err := a.resolve(cmd)
			if err == nil {
				t.Fatal("no error")
			}
			if exitCode(err) != exitUsage {
				t.Errorf("exit code %d", exitCode(err))
			}
			if message := err.Error(); !strings.Contains(message, test.want) || !strings.Contains(message, path) {
				t.Errorf("got %q, want %q and the path in it", message, test.want)
			}
		})
	}
}

func TestConfigFileForms(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content, setting, want string }{
		{"empty", "", "rate", "20"},
		{"a comment alone", "# nothing yet\n", "rate", "20"},
		{"number", "rate: 5\n", "rate", "5"},
		{"quoted", "rate: '5'\n", "rate", "5"},
		{"switch", "dry-run: true\n", "dry-run", "true"},
		{"percentage", "max-delete: 2%\n", "max-delete", "2%"},
		{"list", "fields:\n  - email\n  - name\n", "fields", "email,name"},
		{"commas", "fields: -identities, -groups\n", "fields", "-identities,-groups"},
		{"alias", "app-id: &name myapp\nkey-id: *name\n", "key-id", "myapp"},
		{"another command's", "users: 5\n", "rate", "20"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, cmd := parsed(t, "sync", nil, []string{"--config", writeFile(t, "usersync.yaml", test.content)})
			if err := a.resolve(cmd); err != nil {
				t.Fatal(err)
			}
			if got := settingNamed(t, a, cmd, test.setting).value.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestConfigFileThatOthersCanRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, content string
		mode          os.FileMode
		warns         bool
	}{
		{"a key", "key: |\n  PEM\n", 0o644, true},
		{"a password", "database-url: postgres://u:hush@h/d\n", 0o640, true},
		{"a password in to", "to: postgres://u:hush@h/d\n", 0o604, true},
		{"private", "key: |\n  PEM\n", 0o600, false},
		{"no secret", "database-url: postgres://u@h/d\nrate: 3\n", 0o644, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, "usersync.yaml", test.content)
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			a, cmd := parsed(t, "sync", nil, []string{"--config", path})
			if err := a.resolve(cmd); err != nil {
				t.Fatal(err)
			}
			warned := strings.Join(a.warnings, "\n")
			if (warned != "") != test.warns || strings.Contains(warned, "hush") || test.warns && !strings.Contains(warned, "chmod 600") {
				t.Errorf("warned %q", warned)
			}
		})
	}
}

func TestConfigFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	a, cmd := parsed(t, "sync", []string{"USERSYNC_CONFIG=/does/not/exist.yaml"}, nil)
	if err := a.resolve(cmd); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "/does/not/exist.yaml") {
		t.Errorf("got %v", err)
	}
}
