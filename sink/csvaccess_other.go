//go:build !unix

package sink

import "os"

// What may be wanted of a file, and of a folder.
const (
	canSearch uint32 = 1
	canWrite  uint32 = 2
	canRead   uint32 = 4
)

// accessible only knows whether there is a file: here permissions are not asked
// for beforehand.
func accessible(path string, _ uint32) error {
	_, err := os.Stat(path)
	return err
}
