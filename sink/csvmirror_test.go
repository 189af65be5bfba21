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
	sinktest.Run(t, sinktest.Traits{Tombstones: false}, func(t *testing.T) sinktest.Target {
		t.Helper()
		path := filepath.Join(t.TempDir(), "users.csv")
		return sinktest.Target{
			Open: func(ctx context.Context) (sinktest.Mirror, error) {
				mirror, err := sink.OpenCSV(ctx, sink.CSVConfig{Path: path, Logger: slog.New(slog.DiscardHandler)})
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
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
