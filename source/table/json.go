package table

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"usersync/sync/userimport"
)

// jsonRows is JSON objects, with the keys of all of them as columns.
type jsonRows struct {
	columns []string
	keys    map[string]*key // by their paths
	shared  bool            // there are lines with several rows, so that lines tell nobody which
}

// A key is what stands under one path in the objects of a table.
type key struct {
	path   string
	number int // from 0, in the order in which keys are first seen
	column int // -1 where it has none
	// below are the columns of what is nested under it, where it has none.
	below []int
	seen  struct{ scalar, null, empty, nested bool }
}

func (j *jsonRows) each(ctx context.Context, text io.Reader, see func(userimport.Row) bool) (whole bool, err error) {
	values := make([]userimport.Value, len(j.columns))
	var nulls []*key
	var rows occurrences
	members := walk{see: func(path, value []byte) error {
		key, known := j.keys[string(path)]
		switch {
		case !known:
			return errChanged
		case string(value) == "{": // what is nested has columns of its own
		case key.column >= 0:
			if values[key.column], err = valueOf(value); err != nil {
				return err
			}
		case value[0] == 'n':
			nulls = append(nulls, key)
		}
		return rows.note(key)
	}}
	objects := newObjectReader(text)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		object, line, err := objects.next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		for i := range values {
			values[i] = userimport.Value{Absent: true}
		}
		rows.number++
		nulls = nulls[:0]
		if err := members.object(object); err != nil {
			return false, objects.explain(err)
		}
		for _, key := range nulls {
			key.nullBelow(values)
		}
		if j.shared {
			line = 0
		}
		if !see(userimport.Row{Number: rows.number, Line: line, Values: values, Raw: object}) {
			return false, nil
		}
	}
}

// occurrences notes in which row each key was seen last: in one row, each path
// may lead to one value only.
type occurrences struct {
	number int // of the row, from 1
	last   []int
}

func (o *occurrences) note(k *key) error {
	for len(o.last) <= k.number {
		o.last = append(o.last, 0)
	}
	if o.last[k.number] == o.number {
		return fault{fmt.Sprintf("the key %q is there twice", shortened(k.path)), hintTwice}
	}
	o.last[k.number] = o.number
	return nil
}

// nullBelow gives null to the columns under the key that have no value.
func (k *key) nullBelow(values []userimport.Value) {
	for _, column := range k.below {
		if values[column].Absent {
			values[column] = userimport.Value{JSON: json.RawMessage("null")}
		}
	}
}

// valueOf is a value of valid JSON.
func valueOf(raw []byte) (userimport.Value, error) {
	switch raw[0] {
	case '"':
		text, err := unescaped(raw[1 : len(raw)-1])
		return userimport.Value{Text: string(text)}, err
	case '[', '{':
		if bytes.ContainsAny(raw, " \t\r\n") {
			var compact bytes.Buffer
			if err := json.Compact(&compact, raw); err != nil {
				return userimport.Value{}, err
			}
			raw = compact.Bytes()
		}
	}
	return userimport.Value{JSON: raw}, nil
}

func (j *jsonRows) appendRow(dst []byte, row userimport.Row) ([]byte, error) {
	if len(row.Raw) == 0 {
		return dst, fmt.Errorf("write row %d: it has no JSON", row.Number)
	}
	if bytes.ContainsAny(row.Raw, "\r\n") {
		compact := bytes.NewBuffer(dst)
		if err := json.Compact(compact, row.Raw); err != nil {
			return dst, fmt.Errorf("write row %d: %w", row.Number, err)
		}
		return append(compact.Bytes(), '\n'), nil
	}
	return append(append(dst, row.Raw...), '\n'), nil
}
