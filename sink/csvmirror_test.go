package sink_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"usersync/sink"
	"usersync/sink/sinktest"
	"usersync/source"
	usersync "usersync/sync"
)

func TestCSVIsAMirror(t *testing.T) {
	t.Parallel()
	for name, keepDeleted := range map[string]bool{"users who are gone go": false, "users who are gone stay": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sinktest.Run(t, sinktest.Traits{Tombstones: keepDeleted}, func(t *testing.T) sinktest.Target {
				t.Helper()
				return csvTarget(filepath.Join(t.TempDir(), "users.csv"), keepDeleted)
			})
		})
	}
}

func csvTarget(path string, keepDeleted bool) sinktest.Target {
	return sinktest.Target{
		Open: func(ctx context.Context) (sinktest.Mirror, error) {
			mirror, err := sink.OpenCSV(ctx, sink.CSVConfig{Path: path, KeepDeleted: keepDeleted, DropDeleted: !keepDeleted, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				return nil, err
			}
			return mirror, nil
		},
		Read: func(t testing.TB, fields usersync.FieldSet) []*usersync.User {
			t.Helper()
			var users []*usersync.User
			for u, err := range source.NewCSV(path).Users(t.Context(), fields, &usersync.Census{}) {
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				if err != nil {
					t.Fatal(err)
				}
				users = append(users, u)
			}
			return users
		},
		Clear: func(t testing.TB) {
			t.Helper()
			for _, name := range []string{path, path + ".runs.ndjson", path + ".forgotten"} {
				if err := os.RemoveAll(name); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
}
