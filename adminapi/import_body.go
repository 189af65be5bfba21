package adminapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"unicode/utf8"
)

// MaxImportBody is the most bytes that the body of an import may have; the
// server takes no larger one. It has no limit on the number of records.
const MaxImportBody = 500_000

// ImportRequest is a batch of records for the User Import API.
//
// Records hold people's data, password hashes and TOTP secrets: no formatting
// verb shows them.
type ImportRequest struct {
	Identifier string // what records are matched with users by: "email", "phone_number" or "preferred_username"
	Upsert     bool   // change users who exist; otherwise they are left alone and their records skipped
	// Records are JSON objects in UTF-8, at least one, sent byte for byte as they
	// are. None may lack the identifier or have it null: at such a one the server
	// drops the rest of the task.
	Records []json.RawMessage
}

// String says how many records the batch has, and what they are matched by.
func (r ImportRequest) String() string {
	return fmt.Sprintf("import of %d records by %s, upsert %t", len(r.Records), r.Identifier, r.Upsert)
}

// Format writes String's text for every verb, so that none shows the records.
func (r ImportRequest) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprint(state, r.String()) // fmt reports errors of the writer itself
}

// LogValue is String's text.
func (r ImportRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// ImportBodySize is the size in bytes, exactly, of the body of an import with
// so many records that have so many bytes together. One more record of n bytes
// makes it larger by n, and by 1 if it is not the first.
func ImportBodySize(identifier string, upsert bool, records, bytes int) int {
	return len(importHead(identifier, upsert)) + bytes + max(0, records-1) + len(importTail)
}

const importTail = "]}"

func importHead(identifier string, upsert bool) []byte {
	return fmt.Appendf(nil, `{"identifier":%q,"upsert":%t,"records":[`, identifier, upsert)
}

// body is the request as it is sent. What the server would not take as JSON is
// refused here, because it answers that with the same 500 as its own troubles.
func (r ImportRequest) body() ([]byte, error) {
	switch r.Identifier {
	case "email", "phone_number", "preferred_username":
	default:
		return nil, &Error{Message: fmt.Sprintf("records cannot be matched by %q", r.Identifier), NotCarriedOut: true}
	}
	total := 0
	for i, record := range r.Records {
		if !bytes.HasPrefix(record, []byte("{")) || !utf8.Valid(record) || !json.Valid(record) {
			return nil, &Error{Message: fmt.Sprintf("record %d of the batch is not a JSON object", i), NotCarriedOut: true}
		}
		total += len(record)
	}
	if len(r.Records) == 0 {
		return nil, &Error{Message: "the batch holds no record", NotCarriedOut: true}
	}
	size := ImportBodySize(r.Identifier, r.Upsert, len(r.Records), total)
	if size > MaxImportBody {
		return nil, &Error{
			Name: "RequestEntityTooLarge", Reason: ReasonTooLarge, NotCarriedOut: true,
			Message: fmt.Sprintf("the batch takes %d bytes; at most %d are possible", size, MaxImportBody),
		}
	}
	body := append(make([]byte, 0, size), importHead(r.Identifier, r.Upsert)...)
	for i, record := range r.Records {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, record...)
	}
	return append(body, importTail...), nil
}
