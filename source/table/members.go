package table

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"usersync/sync/userimport"
)

// A walk goes through a valid JSON object once, and hands on what stands in it
// under the paths of its keys. It reads by itself, as decoders change what cannot
// be undone: the spelling of numbers, halves of characters, keys that are there
// twice.
type walk struct {
	data []byte
	at   int
	path []byte // of the keys so far, joined by dots
	// keys are those of the objects that are open within a value, one object's
	// after the other's.
	keys [][]byte
	// see is given every value under a path, and of an object that is not empty its
	// opening brace and then its members. An object that is a custom attribute is a
	// value: nobody has attributes by the names of what is in it. It finds out by
	// itself about paths that come twice.
	see func(path []byte, value []byte) error
}

// A fault is what may be wrong with an object that is valid JSON, and what to do.
type fault struct{ what, hint string }

func (f fault) Error() string { return f.what }

const (
	hintTwice    = "Keep one of the two"
	hintTooMuch  = "Leave out what does not belong into the table, such as objects whose keys are data"
	halfEscape   = `half a character: a \u escape of UTF-16 without its other half`
	escapedNUL   = `a text has \u0000, which no text has`
	keyTwiceDeep = "a key is there twice in one object"
)

func tooManyKeys() error {
	return fault{fmt.Sprintf("there are more than %d different keys", mostKeys), hintTooMuch}
}

func tooDeep() error {
	return fault{fmt.Sprintf("objects are nested more than %d deep", deepest), hintTooMuch}
}

// deepest is how far objects may stand in objects. It keeps the names of columns
// short; nobody's export comes near.
const deepest = 64

// object walks through an object.
func (w *walk) object(data []byte) error {
	w.data, w.at, w.path, w.keys = data, 0, w.path[:0], w.keys[:0]
	return w.members(0, true)
}

// members goes from the opening brace to behind the closing one. Flat says that
// the members are columns, and not part of the value of one.
func (w *walk) members(depth int, flat bool) error {
	if depth > deepest {
		return tooDeep()
	}
	w.at++
	first, length := len(w.keys), len(w.path)
	for w.nextMember() {
		key, err := w.text()
		if err != nil {
			return err
		}
		w.space()
		w.at++ // the colon
		w.space()
		if flat {
			err = w.member(key, depth)
			w.path = w.path[:length]
		} else if err = w.remember(key, first); err == nil {
			err = w.value(depth)
		}
		if err != nil {
			return err
		}
	}
	w.keys = w.keys[:first]
	return nil
}

// remember keeps a key of an object within a value, whose keys begin at first.
func (w *walk) remember(key []byte, first int) error {
	for _, other := range w.keys[first:] {
		if bytes.Equal(key, other) {
			return fault{keyTwiceDeep, hintTwice}
		}
	}
	if len(w.keys)-first == mostKeys {
		return tooManyKeys()
	}
	w.keys = append(w.keys, key)
	return nil
}

// nextMember goes to what comes next in an object or an array, or behind its end.
func (w *walk) nextMember() bool {
	w.space()
	if w.data[w.at] == ',' {
		w.at++
		w.space()
	}
	if w.data[w.at] == '}' || w.data[w.at] == ']' {
		w.at++
		return false
	}
	return true
}

func (w *walk) member(key []byte, depth int) error {
	if len(key) == 0 {
		return fault{"a key is empty", "Give it a name, or take it out"}
	}
	if len(w.path) > 0 {
		w.path = append(w.path, '.')
	}
	w.path = append(w.path, key...)
	begin := w.at
	if w.data[w.at] == '{' && !w.emptyObject() && !userimport.NamesAttribute(string(w.path)) {
		if err := w.see(w.path, w.data[begin:begin+1]); err != nil {
			return err
		}
		return w.members(depth+1, true)
	}
	if err := w.value(depth); err != nil {
		return err
	}
	return w.see(w.path, w.data[begin:w.at])
}

func (w *walk) emptyObject() bool {
	return bytes.TrimLeft(w.data[w.at+1:], " \t\r\n")[0] == '}'
}

// value passes a value.
func (w *walk) value(depth int) error {
	switch w.data[w.at] {
	case '{':
		return w.members(depth+1, false)
	case '[':
		if depth > deepest {
			return tooDeep()
		}
		w.at++
		for w.nextMember() {
			if err := w.value(depth + 1); err != nil {
				return err
			}
		}
		return nil
	case '"':
		_, err := w.text()
		return err
	default:
		for w.at < len(w.data) && bytes.IndexByte([]byte(",}] \t\r\n"), w.data[w.at]) < 0 {
			w.at++
		}
		return nil
	}
}

func (w *walk) space() {
	for {
		switch w.data[w.at] {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return
		}
	}
}

// text passes a string, and returns what it says.
func (w *walk) text() ([]byte, error) {
	begin := w.at + 1
	for w.at = begin; w.data[w.at] != '"'; w.at++ {
		if w.data[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return unescaped(w.data[begin : w.at-1])
}

// unescaped is what the inside of a valid JSON string says.
func unescaped(inside []byte) ([]byte, error) {
	next := bytes.IndexByte(inside, '\\')
	if next < 0 {
		return inside, nil
	}
	text := make([]byte, 0, len(inside))
	for ; next >= 0; next = bytes.IndexByte(inside, '\\') {
		text = append(text, inside[:next]...)
		inside = inside[next+1:]
		char := rune(inside[0])
		if i := bytes.IndexByte([]byte("bfnrt"), inside[0]); i >= 0 {
			char = rune("\b\f\n\r\t"[i])
		}
		size := 1
		if inside[0] == 'u' {
			if char, size = escaped(inside); size == 0 {
				return nil, fault{halfEscape, "Write the character itself, as UTF-8"}
			}
		}
		if char == 0 {
			return nil, fault{escapedNUL, "Take it out"}
		}
		text = utf8.AppendRune(text, char)
		inside = inside[size:]
	}
	return append(text, inside...), nil
}

// escaped reads uXXXX, or both halves of a character of UTF-16; a half alone has
// the size 0.
func escaped(inside []byte) (char rune, size int) {
	char = hexadecimal(inside[1:5])
	if !utf16.IsSurrogate(char) {
		return char, 5
	}
	const both = len(`uXXXX\uXXXX`)
	if len(inside) < both || inside[5] != '\\' || inside[6] != 'u' {
		return 0, 0
	}
	if char = utf16.DecodeRune(char, hexadecimal(inside[7:both])); char == utf8.RuneError {
		return 0, 0
	}
	return char, both
}

func hexadecimal(digits []byte) (number rune) {
	for _, digit := range digits {
		value := rune(digit - '0')
		if digit > '9' {
			value = rune(digit|0x20-'a') + 10
		}
		number = number<<4 | value
	}
	return number
}
