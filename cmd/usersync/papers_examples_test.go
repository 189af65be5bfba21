//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestExampleSettings are ones that a sync takes.
func TestExampleSettings(t *testing.T) {
	t.Parallel()
	wantSettings(t, readPaper(t, "docs/examples/usersync.yaml"))
}

// wantSettings fails the test unless a sync takes the file, and nothing that it needs
// is missing but what the environment gives.
func wantSettings(t *testing.T, content string, given ...string) {
	t.Helper()
	a := newApp(given, nil, nil, nil)
	cmd, _, err := a.rootCommand().Find([]string{"sync"})
	if err != nil {
		t.Fatal(err)
	}
	a.config = writeFile(t, "usersync.yaml", content)
	if err := a.resolve(cmd); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"endpoint", "app-id", "key-id", "key-file", "to", "database-url"} {
		if a.origins[name].level == byDefault {
			t.Errorf("the example does not set %s", name)
		}
	}
}

// TestExampleCrontab is one that cron takes: settings, and lines of five times and a
// command.
func TestExampleCrontab(t *testing.T) {
	t.Parallel()
	crontabs := readPaper(t, "docs/examples/crontab")
	for _, s := range append(stepsOf(readPaper(t, "docs/nightly.md")), stepsOf(readPaper(t, "README.md"))...) {
		if s.language == "crontab" {
			crontabs += s.commands
		}
	}
	field := `(\*|\d+(-\d+)?(,\d+(-\d+)?)*)(/\d+)?\s+`
	entry := regexp.MustCompile(`^(` + field + `){5}(/usr/local/bin/usersync .*)$`)
	jobs := 0
	for line := range strings.Lines(crontabs) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || regexp.MustCompile(`^[A-Z]+=\S+$`).MatchString(line) {
			continue
		}
		job := entry.FindStringSubmatch(line)
		if job == nil || strings.Contains(line, "%") { // which is a line's end to cron
			t.Errorf("cron does not take %q, or does not find the program", line)
			continue
		}
		jobs++
		wantUnderstood(t, strings.Fields(job[len(job)-1])[1:])
	}
	if jobs < 2 {
		t.Errorf("%d jobs", jobs)
	}
}

// lookedAtCodes are those after which another try changes nothing.
func lookedAtCodes() []int {
	return []int{exitFailed, exitUsage, exitDifferences, exitRefused, exitUnauthorized, exitTimeLimit}
}

// TestExamplesKnowExitCodes: there is none that the examples do nothing about.
func TestExamplesKnowExitCodes(t *testing.T) {
	t.Parallel()
	known := append(lookedAtCodes(), exitOK, exitLocked, exitTemporary, exitSignal+2, exitSignal+15, exitRows)
	for _, row := range exitCodes() {
		if code, err := strconv.Atoi(row[0]); err != nil || !slices.Contains(known, code) {
			t.Errorf("what is to become of a job that ends with %s?", row[0])
		}
	}
}

// TestExampleUnits are understood by systemd, where there is one, and by usersync.
func TestExampleUnits(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var paths []string
	for _, name := range []string{"usersync.service", "usersync.timer", "usersync-failed.service"} {
		text := readPaper(t, "docs/examples/systemd/"+name)
		path := filepath.Join(folder, name)
		// systemd wants the programs to be there.
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "/usr/local/bin/usersync", binary)), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	values := unitValues(readPaper(t, "docs/examples/systemd/usersync.service"))
	command := strings.Fields(values["ExecStart"][0])
	wantUnderstood(t, command[1:])
	name, file, _ := strings.Cut(values["Environment"][0], "=")
	if variables := newApp(nil, nil, nil, nil).withCommands().variableNames(); !slices.Contains(variables, name) {
		t.Errorf("there is no variable %s", name)
	}
	for _, handed := range []string{command[3], file} { // the credentials' folder is %d
		if !slices.ContainsFunc(values["LoadCredential"], func(credential string) bool {
			return strings.HasPrefix(credential, strings.TrimPrefix(handed, "%d/")+":")
		}) {
			t.Errorf("%s is not handed over", handed)
		}
	}
	if want := codeList(lookedAtCodes()); values["RestartPreventExitStatus"][0] != want {
		t.Errorf("%v, want %s", values["RestartPreventExitStatus"], want)
	}

	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("this machine has no systemd-analyze: systemd was not asked about the units")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	verify := exec.CommandContext(ctx, "systemd-analyze", append([]string{"verify"}, paths...)...)
	// What it does not know it passes over with a word, and no error; and it may speak of
	// the machine's own units.
	output, err := verify.CombinedOutput()
	for line := range strings.Lines(string(output)) {
		if strings.Contains(line, programName) {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// unitValues are what a unit's keys are set to.
func unitValues(unit string) map[string][]string {
	values := make(map[string][]string)
	for line := range strings.Lines(unit) {
		key, value, is := strings.Cut(strings.TrimSpace(line), "=")
		if is && !strings.HasPrefix(line, "#") {
			values[key] = append(values[key], value)
		}
	}
	return values
}

func codeList(codes []int) string {
	var words []string
	for _, code := range codes {
		words = append(words, strconv.Itoa(code))
	}
	return strings.Join(words, " ")
}

// TestExampleCronJob has no key that is misspelt, and what it hands to the program is
// what that knows.
func TestExampleCronJob(t *testing.T) {
	t.Parallel()
	decoder := yaml.NewDecoder(strings.NewReader(readPaper(t, "docs/examples/kubernetes/usersync.yaml")))
	decoder.KnownFields(true)
	var settings configMap
	var job cronJob
	if err := decoder.Decode(&settings); err != nil {
		t.Fatal(err)
	}
	if err := decoder.Decode(&job); err != nil {
		t.Fatal(err)
	}
	pod := job.Spec.JobTemplate.Spec.Template.Spec
	container := pod.Containers[0]
	wantUnderstood(t, container.Args)
	variables := newApp(nil, nil, nil, nil).withCommands().variableNames()
	var given []string
	for _, variable := range container.Env {
		given = append(given, variable.Name+"=postgres://db.example.com/app")
		if !slices.Contains(variables, variable.Name) {
			t.Errorf("there is no variable %s", variable.Name)
		}
	}
	for name, content := range settings.Data {
		wantSettings(t, content, given...)
		// The settings and the key are where the program looks for them.
		var keys struct {
			KeyFile string `yaml:"key-file"`
		}
		if err := yaml.Unmarshal([]byte(content), &keys); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{container.Args[2], keys.KeyFile} {
			if !slices.ContainsFunc(container.VolumeMounts, func(m volumeMount) bool { return m.MountPath == filepath.Dir(path) }) {
				t.Errorf("nothing is mounted for %s", path)
			}
		}
		if filepath.Base(container.Args[2]) != name {
			t.Errorf("the settings are in %s, not %s", name, container.Args[2])
		}
	}
	failing := job.Spec.JobTemplate.Spec.PodFailurePolicy.Rules[0]
	if failing.Action != "FailJob" || failing.OnExitCodes.ContainerName != container.Name || !slices.Equal(failing.OnExitCodes.Values, lookedAtCodes()) {
		t.Errorf("%+v, want %v", failing, lookedAtCodes())
	}
}

// TestExampleDockerfile takes what `make build` makes.
func TestExampleDockerfile(t *testing.T) {
	t.Parallel()
	if text := readPaper(t, "docs/examples/Dockerfile"); !strings.Contains(text, "RUN make build\n") || !strings.Contains(text, "/src/bin/usersync /usersync\n") {
		t.Errorf("%s", text)
	}
	if text := readPaper(t, "Makefile"); !strings.Contains(text, "\nbuild:") || !strings.Contains(text, "-o bin/usersync ") {
		t.Error("make build makes something else")
	}
}
