package table_test

import (
	"os"
	"testing"

	"usersync/migrations/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
