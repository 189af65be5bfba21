package soak_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
)

// text is the table as a file.
func (c *importCase) text() []byte {
	var text bytes.Buffer
	if c.json {
		for _, row := range c.rows {
			text.WriteString(c.object(row) + "\n")
		}
		return text.Bytes()
	}
	w := csv.NewWriter(&text)
	record := make([]string, len(c.columns))
	for i, column := range c.columns {
		record[i] = column.header
	}
	_ = w.Write(record) // a buffer takes everything
	for _, row := range c.rows {
		for i, cell := range row {
			record[i] = cell.text
		}
		_ = w.Write(record)
	}
	w.Flush()
	return text.Bytes()
}

// object is a row of NDJSON.
func (c *importCase) object(row []cell) string {
	var members []string
	for i, cell := range row {
		value, err := json.Marshal(cell.text)
		switch {
		case err != nil:
			panic(err)
		case cell.kind == cellAbsent:
			continue
		case cell.kind == cellNull:
			value = []byte("null")
		case cell.native:
			value = []byte(cell.text)
		}
		key, err := json.Marshal(c.columns[i].header)
		if err != nil {
			panic(err)
		}
		members = append(members, string(key)+":"+string(value))
	}
	return "{" + strings.Join(members, ",") + "}"
}
