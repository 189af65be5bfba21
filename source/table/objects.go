package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// An objectReader cuts a text into the JSON objects that follow each other in it,
// or are the elements of the array that it is.
type objectReader struct {
	in    *bufio.Reader
	rest  []byte // of the line that was read last, or of a part of it
	line  int    // of the rest
	ended bool   // the line ends with the rest
	begun bool
	array bool
	held  []byte // an object that spans lines

	number int  // of the object that was begun last, from 1
	begins int  // on which line
	beside bool // there are others before it on that line
	shared bool // any object is beside others
}

func newObjectReader(text io.Reader) *objectReader {
	return &objectReader{in: bufio.NewReaderSize(text, 256<<10), ended: true}
}

const (
	hintObject = `Every row must be an object, such as {"email": "ann@example.com"}`
	hintSyntax = "Correct it there, or have the file written anew"
	hintAnew   = "Make or fetch the file anew"
)

// next is the next object, valid JSON, and the line on which it begins; it is
// good until the one after. The error is [io.EOF] after the last.
func (r *objectReader) next() (object []byte, line int, err error) {
	peek := r.peek
	if r.array {
		peek = r.within
	}
	char, err := peek()
	switch {
	case err != nil:
		return nil, 0, err
	case !r.begun && char == '[':
		r.array = true
		char, err = r.afterBracket()
	case r.begun && r.array:
		char, err = r.afterObject(char)
	}
	r.begun = true
	if err != nil {
		return nil, 0, err
	}
	line = r.line
	r.beside = line == r.begins
	r.shared = r.shared || r.beside
	r.number, r.begins = r.number+1, line
	if char != '{' {
		return nil, 0, r.wrong(line, "not a JSON object", hintObject)
	}
	if object, err = r.take(line); err != nil {
		return nil, 0, err
	}
	if !json.Valid(object) {
		return nil, 0, r.wrong(line, "not valid JSON: "+problem(object), hintSyntax)
	}
	return object, line, nil
}

// afterBracket passes the bracket that opens the array.
func (r *objectReader) afterBracket() (byte, error) {
	r.rest = r.rest[1:]
	char, err := r.within()
	if err == nil && char == ']' {
		return 0, r.end()
	}
	return char, err
}

// afterObject passes what stands between the elements of the array.
func (r *objectReader) afterObject(char byte) (byte, error) {
	switch char {
	case ']':
		return 0, r.end()
	case ',':
		r.rest = r.rest[1:]
		return r.within()
	default:
		return 0, r.wrong(r.line, "neither a comma nor the end of the array after an object", hintSyntax)
	}
}

// within is peek inside the array, where the text may not end.
func (r *objectReader) within() (byte, error) {
	char, err := r.peek()
	if errors.Is(err, io.EOF) {
		return 0, r.wrong(r.line, "the array is not closed: the file ends too early", hintAnew)
	}
	return char, err
}

// end passes the bracket that closes the array. Nothing may come after it.
func (r *objectReader) end() error {
	r.rest = r.rest[1:]
	_, err := r.peek()
	if err == nil {
		return r.wrong(r.line, "something stands after the end of the array", hintSyntax)
	}
	if errors.Is(err, io.EOF) {
		r.array = false
	}
	return err
}

// peek passes white space, and shows what comes next.
func (r *objectReader) peek() (byte, error) {
	for {
		r.rest = bytes.TrimLeft(r.rest, " \t\r\n")
		if len(r.rest) > 0 {
			return r.rest[0], nil
		}
		if err := r.load(); err != nil {
			return 0, err
		}
	}
}

// load reads the next line, or as much of it as there is room for.
func (r *objectReader) load() error {
	part, err := r.in.ReadSlice('\n')
	if len(part) == 0 {
		return err
	}
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
		return err
	}
	if r.ended {
		r.line++
	}
	r.rest, r.ended = part, part[len(part)-1] == '\n'
	return nil
}

// take cuts the object off that the rest begins with. It need not be valid.
func (r *objectReader) take(line int) ([]byte, error) {
	r.held = r.held[:0]
	var at nesting
	for {
		size, ended := at.scan(r.rest)
		if len(r.held)+size > usersync.MaxRow {
			return nil, r.wrong(line, fmt.Sprintf("the object is longer than %d MiB; perhaps a brace is not closed", usersync.MaxRow>>20), hintSyntax)
		}
		part := r.rest[:size]
		r.rest = r.rest[size:]
		if ended && len(r.held) == 0 {
			return part, nil
		}
		r.held = append(r.held, part...)
		if ended {
			return r.held, nil
		}
		if at.quoted && r.ended {
			return nil, r.wrong(r.line, "a quote is not closed on its line", hintSyntax)
		}
		if err := r.load(); errors.Is(err, io.EOF) {
			return nil, r.wrong(line, "the object is never closed", hintSyntax)
		} else if err != nil {
			return nil, err
		}
	}
}

// nesting is where in an object one is.
type nesting struct {
	depth   int
	quoted  bool
	escaped bool // behind a backslash
}

// scan goes on over a part of the object, and says where the object ends.
func (n *nesting) scan(part []byte) (size int, ended bool) {
	for i, char := range part {
		switch {
		case n.escaped:
			n.escaped = false
		case char == '"':
			n.quoted = !n.quoted
		case n.quoted:
			n.escaped = char == '\\'
		case char == '{' || char == '[':
			n.depth++
		case char == '}' || char == ']':
			if n.depth--; n.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(part), false
}

func (r *objectReader) wrong(line int, what, hint string) error {
	return r.at(line, errors.New(what), hint)
}

// explain makes a fault of the last object one of the table.
func (r *objectReader) explain(err error) error {
	if wrong, isFault := errors.AsType[fault](err); isFault {
		return r.at(r.begins, wrong, wrong.hint)
	}
	return err
}

// at says where the table is wrong: which object it is, where the line does not
// say that.
func (r *objectReader) at(line int, what error, hint string) error {
	wrong := &userimport.TableError{Line: max(line, 1), Err: what, Hint: hint}
	if r.beside && line == r.begins {
		wrong.Row = r.number
	}
	return wrong
}

// problem is what encoding/json says of an object that is not valid.
func problem(object []byte) string {
	if err := json.Unmarshal(object, new(json.RawMessage)); err != nil {
		return err.Error()
	}
	return "for a reason that is not known"
}
