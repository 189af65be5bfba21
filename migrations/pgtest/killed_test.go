package pgtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childVariable makes this binary the child of TestServerDiesWithItsTests.
const childVariable = "PGTEST_CHILD"

// TestServerDiesWithItsTests kills a test process in the middle of its tests:
// neither the server nor its folder may be left.
func TestServerDiesWithItsTests(t *testing.T) {
	t.Parallel()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "TEST_DATABASE_URL=", childVariable+"=1")
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var url, dir string
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), "URL "); found {
			url = text
			break
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	dir = config.Host
	for deadline := time.Now().Add(15 * time.Second); ; <-time.After(10 * time.Millisecond) {
		_, statErr := os.Stat(dir)
		_, connectErr := pgx.ConnectConfig(t.Context(), config)
		if errors.Is(statErr, os.ErrNotExist) && connectErr != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: folder %s: %v, server: %v", dir, statErr, connectErr)
		}
	}
}

// tests stands for a test binary's own in the child: it says where its server is,
// and waits to be killed.
type tests struct{}

func (tests) Run() int {
	fmt.Printf("URL %s\n", os.Getenv("TEST_DATABASE_URL"))
	// Its input ends when its parent does, if not before.
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}
