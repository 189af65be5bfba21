package table

import (
	"context"
	"errors"
	"io"
	"strings"

	"usersync/sync/userimport"
)

// mostKeys is how many different keys the objects of a table may have. More means
// that data is used for keys.
const mostKeys = 2000

// findColumns reads all objects, and makes columns of their keys.
func findColumns(ctx context.Context, open opening) (*jsonRows, error) {
	text, err := open()
	if err != nil {
		return nil, err
	}
	defer text.done()
	found := &jsonRows{keys: make(map[string]*key)}
	var inOrder []*key
	var rows occurrences
	members := walk{see: func(path, value []byte) error {
		k, known := found.keys[string(path)]
		if !known {
			if len(inOrder) == mostKeys {
				return tooManyKeys()
			}
			k = &key{path: string(path), number: len(inOrder), column: -1}
			found.keys[k.path] = k
			inOrder = append(inOrder, k)
		}
		k.note(value)
		return rows.note(k)
	}}
	objects := newObjectReader(text)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		object, _, err := objects.next()
		if errors.Is(err, io.EOF) {
			found.shared = objects.shared
			return found, found.setColumns(inOrder, rows.number)
		}
		if err != nil {
			return nil, err
		}
		rows.number++
		if err := members.object(object); err != nil {
			return nil, objects.explain(err)
		}
	}
}

func (k *key) note(value []byte) {
	switch {
	case value[0] == 'n':
		k.seen.null = true
	case value[0] == '{' && len(value) == 1:
		k.seen.nested = true
	case value[0] == '{':
		k.seen.empty = true
	default:
		k.seen.scalar = true
	}
}

// setColumns gives a column to each key that has values of its own. Null and
// empty objects are values only under keys where nothing else is ever nested:
// else they are about the columns of what is.
func (j *jsonRows) setColumns(keys []*key, rows int) error {
	for _, k := range keys {
		if k.seen.scalar || !k.seen.nested {
			k.column = len(j.columns)
			j.columns = append(j.columns, k.path)
		}
	}
	if len(j.columns) == 0 {
		what := errEmpty
		if rows > 0 {
			what = errors.New("the objects have no keys")
		}
		return &userimport.TableError{Line: 1, Err: what, Hint: hintObject}
	}
	for _, k := range keys {
		if k.column >= 0 || !k.seen.null {
			continue
		}
		for i, name := range j.columns {
			if strings.HasPrefix(name, k.path+".") {
				k.below = append(k.below, i)
			}
		}
	}
	return nil
}
