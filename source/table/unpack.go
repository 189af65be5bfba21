package table

import (
	"io"
	"os"
)

// Unpack reads what is in a file from its beginning, unpacked where its first
// bytes say that it is compressed by gzip or zstd. A name that promises otherwise
// is an error, and so is data that is damaged or ends early, then of Read. The
// function frees what unpacking takes; the file stays open.
func Unpack(file *os.File) (text io.Reader, done func(), err error) {
	packed, err := compressionOf(file.Name(), file)
	if err != nil {
		return nil, nil, err
	}
	return packed.reader(file)
}
