package emulator

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// arrayConnection pages through a list that is held whole, such as a user's
// roles. Unlike the big lists it is not capped, its cursors are padded base64
// of "arrayconnection:N", and a cursor that cannot be read is ignored
// *(source: array_connection.go)*.
func arrayConnection(nodes []any, args map[string]any) *connection {
	text := func(name string) string { s, _ := args[name].(string); return s }
	number := func(name string) int {
		if n, ok := args[name].(int); ok {
			return n
		}
		return -1
	}
	after, before := arrayOffset(text("after"), -1), arrayOffset(text("before"), len(nodes))
	start, end := max(after, -1)+1, min(before, len(nodes))
	first, last := number("first"), number("last")
	c := &connection{edges: []edge{}, total: func() any { return len(nodes) }}
	if first >= 0 {
		end = min(end, start+first)
		c.next = end < min(before, len(nodes))
	}
	if last >= 0 {
		c.previous = end-last > start
		start = max(start, end-last)
	}
	for i := start; i < end; i++ {
		c.edges = append(c.edges, edge{cursor: arrayCursor(i), node: nodes[i]})
	}
	return c
}

const arrayCursorPrefix = "arrayconnection:"

func arrayCursor(i int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%d", arrayCursorPrefix, i))
}

func arrayOffset(cursor string, otherwise int) int {
	raw, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return otherwise
	}
	n, err := strconv.Atoi(strings.TrimPrefix(string(raw), arrayCursorPrefix))
	if err != nil {
		return otherwise
	}
	return n
}
