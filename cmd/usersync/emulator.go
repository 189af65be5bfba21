package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"usersync/adminapi/emulator"
)

// What the emulated project is called.
const (
	emulatedAppID = "emulated"
	emulatedKeyID = "emulated-key"
)

// emulatorOptions say what `usersync emulator` serves, where, and how badly.
type emulatorOptions struct {
	listen  string
	users   int
	seed    uint64
	data    string
	dir     string
	faults  float64
	latency time.Duration
}

func (a *app) emulatorCommand() *cobra.Command {
	o := &emulatorOptions{listen: "127.0.0.1:8787", users: 1000, seed: 1}
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Serve a pretend Authgear project on this machine",
		Long: `Serve the Admin API of a pretend Authgear project on this machine, for trying out
usersync or any other client. Tokens are checked as Authgear checks them.

A fresh private key and a file of settings, env.sh, are written into DIR. When
everything is set up the last line printed is: ready

It serves until Ctrl-C or SIGTERM, and that is its ordinary end: exit code 0.`,
		Example: `  usersync emulator
  usersync emulator --users 20000 --faults 0.02
  usersync emulator --data export.ndjson.gz --dir ./emulator`,
	}
	a.declare(cmd, "Emulator",
		&setting{name: "listen", value: text(&o.listen, "ADDRESS"), usage: "where to listen; port 0 is any that is free"},
		&setting{name: "users", value: whole(&o.users, 0), usage: "how many users to make up"},
		&setting{name: "seed", value: seed(&o.seed), usage: "which users to make up: the same seed makes the same, on any one day; their times count from it"},
		&setting{name: "data", value: text(&o.data, "FILE"), usage: "load users from a file in Authgear's User Export format (NDJSON, also .gz) instead"},
		&setting{name: "dir", value: text(&o.dir, "DIR"), usage: "where to write private-key.pem and env.sh (default a new temporary folder, removed at the end)"},
		&setting{name: "faults", value: number(&o.faults, "RATE", 1), usage: "how often each kind of fault happens, from 0 (never) to 1: errors 429, 500, 502 and 503, dropped connections, broken and slow answers, and so on"},
		&setting{name: "latency", value: duration(&o.latency, 0), usage: "how long every answer takes at least"},
	)
	return a.command(cmd, func(cmd *cobra.Command) error {
		err := a.emulate(cmd.Context(), o)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	})
}

// emulate serves until the context ends, and returns its error then.
func (a *app) emulate(ctx context.Context, o *emulatorOptions) (err error) {
	if o.data != "" && a.origins["users"].level > byDefault {
		return usageErrorf("--data and --users both say who there is. Leave one of them out")
	}
	dir, remove, err := folderFor(o.dir, "usersync-emulator-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	pretend, err := a.startPretend(ctx, o.listen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pretend.stop()) }()
	if err := populate(pretend.api.Project(), o, a.now()); err != nil {
		return err
	}
	pretend.api.SetFaults(faultsAt(o.faults, o.latency, o.seed))
	if err := pretend.writeSettings(dir); err != nil {
		return err
	}
	if !pretend.local() {
		a.logger.Warn("the emulator can be reached from other machines; it is made for this one alone", "address", pretend.address)
	}
	if err := a.print(pretend.usage(dir)); err != nil {
		return err
	}
	return pretend.wait(ctx)
}

// populate loads the users or makes them up.
func populate(project *emulator.Project, o *emulatorOptions, now time.Time) error {
	if o.data == "" {
		// Their times count from the day, so that a restart makes the same users.
		emulator.Generate(project, o.users, o.seed, now.UTC().Truncate(24*time.Hour))
		return nil
	}
	if _, err := project.LoadFile(o.data); err != nil {
		return &usageError{err}
	}
	return nil
}

// local says whether only this machine can reach the address.
func (p *pretend) local() bool {
	address, err := netip.ParseAddrPort(p.address)
	return err == nil && address.Addr().IsLoopback()
}

// usage tells people what to do with the emulator that now serves.
func (p *pretend) usage(dir string) string {
	return fmt.Sprintf(`A pretend Authgear project of %s is at %s
Its key and settings are in %s

In another terminal:

  . %s
  usersync sync --to users.csv

Ctrl-C ends it.
ready
`, counted(p.api.Project().Len(), "user"), p.endpoint(), dir, shellQuote(envFile(dir)))
}

// faultsAt is every kind of fault at the same rate, and a delay of every answer.
func faultsAt(rate float64, latency time.Duration, seed uint64) emulator.Faults {
	const slow = 200 * time.Millisecond
	faults := emulator.Faults{
		Seed:            seed,
		TooManyRequests: rate, RetryAfter: time.Second, TooManyRequestsBare: rate,
		InternalError: rate, BadGateway: rate, Unavailable: rate,
		WrongContentType: rate, DroppedConnection: rate, TruncatedBody: rate,
		SlowBody: rate, SlowBodyFor: slow,
		PartialData: rate, NullNodes: rate,
	}
	if latency > 0 {
		faults.Latency, faults.LatencyFor = 1, latency
	}
	return faults
}
