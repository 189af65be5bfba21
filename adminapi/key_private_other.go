//go:build !unix

package adminapi

import "io/fs"

// PrivateFile is true: Windows reports permissions that it does not enforce.
func PrivateFile(fs.FileInfo) bool { return true }
