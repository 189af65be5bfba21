package table

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"unicode/utf8"

	"usersync/sync/userimport"
)

// text is the file's text from its start: unpacked, decoded, checked.
func (f *File) text() (*textReader, error) {
	// Packed data is read through the buffer, which is as large as what is read at
	// a time else.
	raw := bufio.NewReaderSize(io.NewSectionReader(f.file, 0, f.stamp.size), 64<<10)
	unpacking, done, err := f.packed.reader(raw)
	if err != nil {
		return nil, atLine(1, err)
	}
	text := &textReader{in: unpacking, done: done, line: 1}
	mark := make([]byte, len(f.encoding.mark()))
	if _, err := io.ReadFull(unpacking, mark); err != nil {
		done()
		return nil, atLine(1, err)
	}
	if f.encoding == UTF16LE || f.encoding == UTF16BE {
		text.in = &utf16Reader{in: unpacking, order: f.encoding.order()}
	}
	return text, nil
}

// recogniseText finds out the encoding, and returns what the text begins with.
func (f *File) recogniseText() (start []byte, err error) {
	f.encoding = UTF8
	start, err = f.start()
	if err != nil {
		return nil, err
	}
	f.encoding = encodingOf(start)
	return f.start()
}

// start is what the text begins with, in the encoding known so far. What is
// wrong with it is found by whoever reads it as a table, who knows more to say.
func (f *File) start() ([]byte, error) {
	text, err := f.text()
	if err != nil {
		return nil, err
	}
	defer text.done()
	start := make([]byte, sniffed)
	n, err := io.ReadFull(text.in, start)
	if isDisk(err) {
		return nil, err
	}
	return start[:n], nil
}

// A textReader lets UTF-8 without U+0000 pass, and nothing else. Errors are
// [*userimport.TableError]s, apart from the disk's.
type textReader struct {
	in   io.Reader
	done func() // frees what reading takes
	line int    // of the next byte
	half []byte // a character that goes on in the next byte
	err  error  // for the next call
}

func (t *textReader) Read(p []byte) (int, error) {
	if t.err != nil || len(p) == 0 {
		return 0, t.err
	}
	n, err := t.in.Read(p)
	good, wrong := t.check(p[:n])
	switch {
	case wrong != nil:
		err = wrong
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		err = atLine(t.line, err)
	case len(t.half) > 0:
		err = notUTF8(t.line, nil)
	}
	t.err = err
	if good > 0 {
		return good, nil
	}
	return 0, err
}

// check says how many bytes are good, and what is wrong with those after.
func (t *textReader) check(data []byte) (good int, err error) {
	for len(t.half) > 0 && good < len(data) {
		t.half = append(t.half, data[good])
		if !utf8.FullRune(t.half) {
			good++
			continue
		}
		if char, _ := utf8.DecodeRune(t.half); char == utf8.RuneError && string(t.half) != "\ufffd" {
			return good, notUTF8(t.line, data[good:])
		}
		t.half = t.half[:0]
		good++
	}
	rest := data[good:]
	cut := len(rest)
	for i := 1; i < utf8.UTFMax && i <= len(rest); i++ {
		if tail := rest[len(rest)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				cut = len(rest) - i
			}
			break
		}
	}
	whole := rest[:cut]
	bad := len(whole)
	if !utf8.Valid(whole) {
		bad = firstInvalid(whole)
	}
	if nul := bytes.IndexByte(whole[:bad], 0); nul >= 0 {
		return good + nul, &userimport.TableError{
			Line: t.line + bytes.Count(whole[:nul], []byte{'\n'}), Err: errNUL,
			Hint: "Save the file as UTF-8",
		}
	}
	t.line += bytes.Count(whole[:bad], []byte{'\n'})
	if bad < len(whole) {
		return good + bad, notUTF8(t.line, whole[bad+1:])
	}
	t.half = append(t.half, rest[cut:]...)
	return len(data), nil
}

var errNUL = errors.New("the character U+0000, which no text has")

func firstInvalid(data []byte) int {
	for at := 0; at < len(data); {
		char, size := utf8.DecodeRune(data[at:])
		if char == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return len(data)
}

// notUTF8 guesses what it is, by what comes after the first byte that is wrong: in
// western encodings, an accented letter mostly stands alone among others.
func notUTF8(line int, after []byte) error {
	what := "not UTF-8"
	if len(after) == 0 || after[0] < utf8.RuneSelf {
		what = "not UTF-8; it looks like Windows-1252 or Latin-1"
	}
	return &userimport.TableError{Line: line, Err: errors.New(what), Hint: "Save the file as UTF-8: in Excel, choose the type “CSV UTF-8”"}
}

// atLine says on which line the text could not be read, unless it is the disk
// that cannot be.
func atLine(line int, err error) error {
	if isDisk(err) {
		return err
	}
	hint := hintAnew
	if errors.Is(err, errHalfCharacter) {
		hint = "Save the file as UTF-8"
	}
	return &userimport.TableError{Line: line, Err: err, Hint: hint}
}

func isDisk(err error) bool {
	_, disk := errors.AsType[*fs.PathError](err)
	return disk
}
