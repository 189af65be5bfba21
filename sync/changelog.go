package usersync

import (
	"bytes"
	"encoding/json"
	"time"
)

// A LoggedChange is a row of a mirror's change log.
type LoggedChange struct {
	Op     string          `json:"op"`     // create, update, delete or restore
	ID     ID              `json:"sub"`    // of the user
	Fields []string        `json:"fields"` // that changed; none for create and delete
	Before json.RawMessage `json:"before"` // an object of fields as they were, or null
	After  json.RawMessage `json:"after"`  // an object of fields as they became, or null
	At     time.Time       `json:"at"`     // when the run that found it began
	RunID  string          `json:"run"`    // that run
}

// ChangeColumns are the header of a file of logged changes.
func ChangeColumns() []string {
	return []string{"op", "sub", "fields", "before", "after", "at", "run"}
}

// Cells are the change's row under the header of [ChangeColumns]: lists and
// objects as compact JSON, and an empty cell for null.
func (c *LoggedChange) Cells() ([]string, error) {
	names, err := appendCompact(nil, c.names())
	if err != nil {
		return nil, err
	}
	before, err := compactOrEmpty(c.Before)
	if err != nil {
		return nil, err
	}
	after, err := compactOrEmpty(c.After)
	if err != nil {
		return nil, err
	}
	return []string{c.Op, c.ID.String(), string(names), before, after, c.At.UTC().Format(time.RFC3339Nano), c.RunID}, nil
}

func compactOrEmpty(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	return compact.String(), err
}

// AppendLine appends the change as one JSON object, without a line end.
func (c *LoggedChange) AppendLine(dst []byte) ([]byte, error) {
	line := *c
	line.Fields, line.At = c.names(), c.At.UTC()
	return appendCompact(dst, line)
}

func (c *LoggedChange) names() []string {
	if c.Fields == nil {
		return []string{}
	}
	return c.Fields
}
