// Package soak_test tries the whole of usersync, from the Admin API's client to
// the mirrors, on projects that change while they are read.
package soak_test

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"usersync/migrations/pgtest"
)

var (
	schedules = flag.Int("schedules", 100, "how many schedules each mirror goes through, and how many imports there are")
	seed      = flag.Uint64("seed", 0, "what the schedules are drawn from; 0 draws one")
)

func TestMain(m *testing.M) {
	flag.Parse()
	for *seed == 0 {
		var bytes [8]byte
		_, _ = rand.Read(bytes[:]) // never fails
		*seed = binary.LittleEndian.Uint64(bytes[:])
	}
	err := errors.Join(
		flag.Set("rapid.checks", strconv.Itoa(*schedules)),
		flag.Set("rapid.seed", strconv.FormatUint(*seed, 10)),
		flag.Set("rapid.nofailfile", "true"), // the seed is enough to find a failure again
	)
	if err != nil {
		panic(err)
	}
	code := pgtest.Main(m)
	fmt.Printf("%d schedules into each mirror, from -seed %d\n", *schedules, *seed)
	os.Exit(code)
}
