package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"usersync/adminapi/emulator"
)

// A pretend is an emulated project that is served over HTTP.
type pretend struct {
	api     *emulator.Server
	address string // HOST:PORT it listens at
	server  *http.Server
	served  chan error
}

// startPretend serves an emulated project without users, until it is stopped.
func (a *app) startPretend(ctx context.Context, listen string) (*pretend, error) {
	api, err := emulator.New(emulator.Config{AppID: emulatedAppID, KeyID: emulatedKeyID, Now: a.now, Logger: a.logger})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, usageErrorf("%w. Choose another address with --listen; port 0 is any that is free", err)
	}
	p := &pretend{api: api, address: listener.Addr().String(), served: make(chan error, 1)}
	p.server = &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	go func() { p.served <- p.server.Serve(listener) }()
	return p, nil
}

// wait returns when the context ends or serving fails.
func (p *pretend) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-p.served:
		p.served <- err
		return fmt.Errorf("serve: %w", err)
	}
}

// stop ends serving, and the requests that are under way with it.
func (p *pretend) stop() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// endpoint is the address as a client on this machine has to write it.
func (p *pretend) endpoint() string {
	host, port, err := net.SplitHostPort(p.address)
	if err != nil {
		return "http://" + p.address
	}
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// writeSettings writes the key, and what a shell has to read to reach the
// project, into the folder.
func (p *pretend) writeSettings(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	keyFile := filepath.Join(dir, "private-key.pem")
	if err := writePrivate(keyFile, p.api.PrivateKeyPEM()); err != nil {
		return err
	}
	var exports strings.Builder
	for _, variable := range [][2]string{
		{"AUTHGEAR_ENDPOINT", p.endpoint()},
		{"AUTHGEAR_APP_ID", emulatedAppID},
		{"AUTHGEAR_ADMIN_API_KEY_ID", emulatedKeyID},
		{"AUTHGEAR_ADMIN_API_KEY_FILE", keyFile},
	} {
		exports.WriteString("export " + variable[0] + "=" + shellQuote(variable[1]) + "\n")
	}
	return writePrivate(envFile(dir), []byte(exports.String()))
}

func envFile(dir string) string { return filepath.Join(dir, "env.sh") }

// writePrivate writes a file that nobody else may read, whoever could read the
// one that was there before.
func writePrivate(path string, data []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// folderFor is the folder that was asked for, made if need be, or a new
// temporary one, which remove takes away.
func folderFor(asked, prefix string) (dir string, remove func() error, err error) {
	if asked == "" {
		dir, err = os.MkdirTemp("", prefix)
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	if err := os.MkdirAll(asked, 0o700); err != nil {
		return "", nil, usageErrorf("make the folder for --dir: %w", err)
	}
	return asked, func() error { return nil }, nil
}
