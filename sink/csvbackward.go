package sink

import (
	"bytes"
	"io"
	"iter"
	"slices"
)

// A backwardLine is a line of a file that is read from its end.
type backwardLine struct {
	text   []byte // without the line end
	offset int64  // where it begins
	ended  bool   // by a line end, which the last line of a file may lack
}

// linesBackward yields the lines of a file of a size from the last to the first,
// with nothing in memory but the one that is yielded. After the end of the last
// line there is no other.
func linesBackward(file io.ReaderAt, size int64) iter.Seq2[backwardLine, error] {
	return func(yield func(backwardLine, error) bool) {
		var pieces [][]byte // of the line, the last first
		ended := false
		end := func(offset int64) bool {
			slices.Reverse(pieces)
			line := backwardLine{text: bytes.Join(pieces, nil), offset: offset, ended: ended}
			pieces, ended = nil, true
			return offset == size || yield(line, nil)
		}
		for at := size; at > 0; {
			chunk := make([]byte, min(at, 64<<10))
			at -= int64(len(chunk))
			if _, err := file.ReadAt(chunk, at); err != nil {
				yield(backwardLine{}, err)
				return
			}
			for {
				before := bytes.LastIndexByte(chunk, '\n')
				pieces = append(pieces, chunk[before+1:])
				if before < 0 {
					break
				}
				if !end(at + int64(before) + 1) {
					return
				}
				chunk = chunk[:before]
			}
		}
		if size > 0 {
			end(0)
		}
	}
}
