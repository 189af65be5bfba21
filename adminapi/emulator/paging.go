package emulator

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// maxPage is the number of edges a page is silently capped at.
const maxPage = 100

// pageArgs are the arguments of a paged list.
type pageArgs struct {
	first, last   *int
	after, before string
}

// readPageArgs caps first and last; without either, first is the cap.
func readPageArgs(args map[string]any) pageArgs {
	p := pageArgs{first: pageSize(args["first"]), last: pageSize(args["last"])}
	p.after, _ = args["after"].(string)
	p.before, _ = args["before"].(string)
	if p.first == nil && p.last == nil {
		p.first = new(maxPage)
	}
	return p
}

// pageSize ignores negative numbers, as the real server does.
func pageSize(arg any) *int {
	n, ok := arg.(int)
	if !ok || n < 0 {
		return nil
	}
	return new(min(n, maxPage))
}

// window is a page's place in the order. The rules are those of the server's
// pagination.go: last or before without after are unsupported.
func (p *pageArgs) window() (offset, limit int, err error) {
	after, err := parseCursor(p.after)
	if err != nil {
		return 0, 0, err
	}
	before, err := parseCursor(p.before)
	if err != nil {
		return 0, 0, err
	}
	switch {
	case after == nil && before == nil && p.last == nil:
		return 0, *p.first, nil
	case after != nil && before == nil && p.first != nil && p.last == nil:
		return *after + 1, *p.first, nil
	case after != nil && before != nil:
		offset = *after + 1
		limit = max(0, *before-offset)
		if p.first != nil {
			limit = min(limit, *p.first)
		}
		if p.last != nil && *p.last < limit {
			offset += limit - *p.last
			limit = *p.last
		}
		return offset, limit, nil
	default:
		return 0, 0, &apiError{Name: "BadRequest", Reason: "InvalidQuery", Message: "unsupported pagination"}
	}
}

// hasMore tells what pageInfo says: a page that is full has a next one, and
// there is always one before. Paging backwards it is the other way round.
func (p *pageArgs) hasMore(found int) (previous, next bool) {
	if p.first != nil {
		return true, found >= *p.first
	}
	return found >= *p.last, true
}

const cursorPrefix = "offset:"

// offsetCursor is the cursor of the edge at a position.
func offsetCursor(position int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.Itoa(position)))
}

// parseCursor reads a position; "" is none, which begins at the first page.
func parseCursor(s string) (*int, error) {
	if s == "" {
		return nil, nil
	}
	invalidCursor := &apiError{Name: "Invalid", Reason: "InvalidCursor", Message: "invalid pagination cursor"}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, invalidCursor
	}
	digits, found := strings.CutPrefix(string(raw), cursorPrefix)
	if !found {
		return nil, invalidCursor
	}
	n, err := strconv.ParseUint(digits, 10, 62)
	if err != nil {
		return nil, invalidCursor
	}
	return new(int(n)), nil
}
