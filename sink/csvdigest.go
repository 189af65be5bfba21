package sink

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"
)

// A csvDigest tells one content of a file from any other.
type csvDigest struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func digestOf(size int64, sum hash.Hash) csvDigest {
	return csvDigest{Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}
}

// is says whether the file has that content. One that is not there has none.
func (d *csvDigest) is(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	return err == nil && d != nil && digestOf(size, sum) == *d, err
}

// A csvStamp tells a file that was not touched from one that was, without reading
// it. Nil stands for no file.
type csvStamp struct {
	Size    int64     `json:"size"`
	ModTime time.Time `json:"mod_time"`
}

func (s *csvStamp) is(path string) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s == nil, nil
	}
	return err == nil && s != nil && info.Size() == s.Size && info.ModTime().Equal(s.ModTime), err
}
