//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

// TestDemo runs the whole demonstration, compares its story with what was agreed
// upon, and the mirror it leaves with the users that the same seed makes.
func TestDemo(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	dir := filepath.Join(t.TempDir(), "demo")
	a := newApp(nil, strings.NewReader(""), &stdout, &stderr)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return noon }
	if code := a.run(t.Context(), []string{"demo", "--users", "300", "--dir", dir}); code != exitOK || stderr.Len() != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, &stdout, &stderr)
	}
	story := strings.ReplaceAll(stdout.String(), dir, "DIR")
	for _, varying := range []struct{ pattern, steady string }{
		{`Run 20261123-120000-[a-z0-9]{6}`, "Run 20261123-120000-xxxxxx"},
		{`\d+ requests`, "N requests"},
	} {
		story = regexp.MustCompile(varying.pattern).ReplaceAllString(story, varying.steady)
	}
	// The server answers in an order of its own, so which changes are shown varies.
	before, rest, _ := strings.Cut(story, "   update ")
	_, after, _ := strings.Cut(rest, "   … and so on")
	golden(t, "demo", before+"   update …\n   … and so on"+after)

	same, err := emulator.New(emulator.Config{AppID: emulatedAppID, KeyID: emulatedKeyID, Now: a.now})
	if err != nil {
		t.Fatal(err)
	}
	emulator.Generate(same.Project(), 300, demoSeed, noon)
	if _, err := emulator.Day(same.Project(), demoSeed); err != nil {
		t.Fatal(err)
	}
	(&emulated{Server: same}).wantMirrored(t, filepath.Join(dir, "users.csv"))
}

// TestDemoSparesWhatIsThere: another mirror may be in the folder.
func TestDemoSparesWhatIsThere(t *testing.T) {
	t.Parallel()
	mirror := newMirror(t)
	if err := os.WriteFile(mirror, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newApp(nil, strings.NewReader(""), io.Discard, io.Discard)
	if code := a.run(t.Context(), []string{"demo", "--dir", filepath.Dir(mirror)}); code != exitUsage || snapshotOf(t, mirror).content != "mine" {
		t.Errorf("exit code %d, %+v", code, snapshotOf(t, mirror))
	}
}
