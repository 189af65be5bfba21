package table

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// compression is how a file's bytes are packed, by the suffix that it goes by.
type compression string

const (
	unpacked  compression = ""
	gzipped   compression = ".gz"
	zstandard compression = ".zst"
)

// compressionOf tells it by the file's first bytes. A name that promises a
// compression which the content does not have is an error: the file may be what
// a broken download left.
func compressionOf(name string, file io.ReaderAt) (compression, error) {
	start := make([]byte, 4)
	n, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return unpacked, err
	}
	start = start[:n]
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		return gzipped, nil
	case bytes.Equal(start, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		// A frame to be skipped, with which parallel compressors begin.
		n == 4 && start[0]&0xf0 == 0x50 && bytes.Equal(start[1:], []byte{0x2a, 0x4d, 0x18}):
		return zstandard, nil
	}
	if bare := WithoutCompression(name); bare != name {
		return unpacked, fmt.Errorf("its name ends in %s, but it is not compressed so; rename it, or make it anew", name[len(bare):])
	}
	return unpacked, nil
}

// WithoutCompression is a file's name without the suffix of its compression.
func WithoutCompression(name string) string {
	switch suffix := filepath.Ext(name); compression(strings.ToLower(suffix)) {
	case gzipped, zstandard:
		return name[:len(name)-len(suffix)]
	default:
		return name
	}
}

// maxWindow is what zstd itself agrees to unpack without being asked.
const maxWindow = 128 << 20

// reader unpacks. Data that is damaged or ends early is an error. The function
// frees what unpacking takes.
func (c compression) reader(packed io.Reader) (io.Reader, func(), error) {
	switch c {
	case gzipped:
		unpacking, err := gzip.NewReader(packed)
		if err != nil {
			return nil, nil, damaged(err)
		}
		return unpacker{unpacking}, func() {}, nil
	case zstandard:
		// One at a time means without goroutines.
		unpacking, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, damaged(err)
		}
		return unpacker{unpacking}, unpacking.Close, nil
	default:
		return packed, func() {}, nil
	}
}

type unpacker struct{ in io.Reader }

func (u unpacker) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

// damaged says what is wrong with packed data, unless it is the disk that is.
func damaged(err error) error {
	if isDisk(err) {
		return err
	}
	return fmt.Errorf("the compressed data is damaged or ends too early: %w", err)
}
