package table

// A Dialect is how a table is written, by which its rows can be written again.
type Dialect struct {
	// Delimiter stands between the cells of CSV; 0 for JSON.
	Delimiter rune
	// CRLF says that the header of CSV ends in CR LF and not in LF alone.
	CRLF     bool
	Encoding Encoding
}

// Encoding is how the characters of a text are bytes.
type Encoding string

// The encodings that can be read. All but plain UTF-8 begin with a byte order
// mark, and are known by it.
const (
	UTF8       Encoding = "UTF-8"
	UTF8Marked Encoding = "UTF-8 with a byte order mark"
	UTF16LE    Encoding = "UTF-16LE" // Excel's "Unicode text"
	UTF16BE    Encoding = "UTF-16BE"
)

// mark is the byte order mark that a text in the encoding begins with.
func (e Encoding) mark() string {
	switch e {
	case UTF8Marked:
		return "\xef\xbb\xbf"
	case UTF16LE:
		return "\xff\xfe"
	case UTF16BE:
		return "\xfe\xff"
	default:
		return ""
	}
}

func encodingOf(start []byte) Encoding {
	for _, e := range []Encoding{UTF8Marked, UTF16LE, UTF16BE} {
		if mark := e.mark(); len(start) >= len(mark) && string(start[:len(mark)]) == mark {
			return e
		}
	}
	return UTF8
}
