package migrations

import (
	"context"
	"io/fs"

	"github.com/jackc/pgx/v5"
)

// UpFrom is Up with other migrations than the embedded ones.
func UpFrom(ctx context.Context, conn *pgx.Conn, schema string, files fs.FS) (from, to int32, err error) {
	return up(ctx, conn, schema, files)
}
