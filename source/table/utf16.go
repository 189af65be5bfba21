package table

import (
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// UTF-16 is decoded here, as the decoders of libraries put U+FFFD in place of
// what is none: a broken name would pass for a name.

var errHalfCharacter = errors.New("not UTF-16: half a character")

// byteOrder is UTF-16's two orders, for reading and for writing.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func (e Encoding) order() byteOrder {
	if e == UTF16BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// A utf16Reader makes UTF-8 of UTF-16 without its byte order mark.
type utf16Reader struct {
	in    io.Reader
	order binary.ByteOrder
	raw   [32 << 10]byte
	held  int // bytes at the start of raw that are not decoded yet
	out   []byte
	rest  []byte // of out, not yet read
	err   error  // after the rest
}

func (r *utf16Reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *utf16Reader) fill() {
	n, err := r.in.Read(r.raw[r.held:])
	data := r.raw[:r.held+n]
	r.out = r.out[:0]
	for len(data) >= 2 {
		char, size := rune(r.order.Uint16(data)), 2
		if utf16.IsSurrogate(char) {
			if len(data) < 4 {
				break
			}
			char, size = utf16.DecodeRune(char, rune(r.order.Uint16(data[2:]))), 4
			if char == utf8.RuneError {
				err, data = errHalfCharacter, nil
				break
			}
		}
		r.out = utf8.AppendRune(r.out, char)
		data = data[size:]
	}
	r.held = copy(r.raw[:], data)
	if r.held > 0 && errors.Is(err, io.EOF) {
		err = errHalfCharacter
	}
	r.rest, r.err = r.out, err
}

// appendUTF16 appends UTF-8 as UTF-16.
func appendUTF16(dst, text []byte, order binary.AppendByteOrder) []byte {
	var units [2]uint16
	for _, char := range string(text) {
		for _, unit := range utf16.AppendRune(units[:0], char) {
			dst = order.AppendUint16(dst, unit)
		}
	}
	return dst
}
