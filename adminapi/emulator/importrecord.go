package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// importRecord is one record in the making *(source: userimport/service.go,
// whose order of steps is kept, as it decides which error is told first and
// which warnings stand beside it)*.
type importRecord struct {
	store  *store
	at     time.Time // when it is written
	fields map[string]any
	detail *importDetail
}

// errImportPanic is what kills the whole task.
var errImportPanic = errors.New("import record: the identifier is null")

// work imports one record, and is false when the server panics over it.
func (t *importTask) work(s *store, raw json.RawMessage, at time.Time) bool {
	detail := importDetail{Index: t.offset + t.next - 1, Outcome: "failed"}
	record := importRecord{store: s, at: at, detail: &detail}
	err := s.transact(true, func() error { return record.run(t, raw) })
	if errors.Is(err, errImportPanic) {
		return false
	}
	if err != nil {
		detail.Errors = []*shownError{asAPIError(err).shown()}
	}
	redactRecord(record.fields)
	detail.Record = record.fields
	shown, err := json.Marshal(detail)
	if err != nil { // not of what was JSON
		return false
	}
	t.details = append(t.details, shown)
	t.summary.count(detail.Outcome)
	return true
}

func (r *importRecord) run(t *importTask, raw json.RawMessage) error {
	value, err := decodeNumbers(raw)
	if err != nil {
		return fmt.Errorf("decode record: %w", err)
	}
	// Numbers become what JavaScript knows, here as there.
	if err := json.Unmarshal(raw, &r.fields); err != nil {
		return fmt.Errorf("decode record: %w", err)
	}
	if err := t.rule.validate(value, "invalid value"); err != nil {
		return err
	}
	identifier, _ := r.text(t.identifier)
	if identifier == nil {
		return errImportPanic
	}
	holder, identities := r.store.claimHolder(t.identifier, *identifier)
	switch {
	case identities == 0:
		return r.insert()
	case identities > 1:
		return fmt.Errorf("import record: %d identities have the %s", identities, t.identifier)
	case t.upsert:
		return r.update(holder, t.identifier)
	default:
		r.warn("skipping because upsert = false and user exists")
		r.detail.UserID, r.detail.Outcome = holder.id.String(), "skipped"
		return nil
	}
}

// claimHolder finds who has a claim, spelled just so, and counts the
// identities that have it: a login ID and an OAuth account of one user are two.
func (s *store) claimHolder(name, value string) (holder *record, identities int) {
	for _, r := range s.holders(claimKey(name, value)) {
		for _, i := range r.identities() {
			if i.ownedClaim(name) == value {
				holder = r
				identities++
			}
		}
	}
	return holder, identities
}

func (r *importRecord) warn(message string) {
	r.detail.Warnings = append(r.detail.Warnings, importWarning{Message: message})
}

// text reads a field: nil where it is null, not ok where it is absent.
func (r *importRecord) text(name string) (*string, bool) { return textField(r.fields, name) }

func textField(fields map[string]any, name string) (*string, bool) {
	value, ok := fields[name]
	if text, isText := value.(string); isText {
		return &text, true
	}
	return nil, ok
}

func (r *importRecord) flag(name string) (value, ok bool) {
	value, ok = r.fields[name].(bool)
	return value, ok
}

// time reads a field that the schema says is a time, nil where it is absent.
func timeField(fields map[string]any, name string) *time.Time {
	text, _ := fields[name].(string)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return &t
}

func objectField(fields map[string]any, name string) map[string]any {
	object, _ := fields[name].(map[string]any)
	return object
}

// keys reads a list of texts, not ok where it is absent.
func (r *importRecord) keys(name string) ([]string, bool) {
	list, ok := r.fields[name].([]any)
	return stringsOf(list), ok
}

// redactRecord hides what must not be shown again.
func redactRecord(fields map[string]any) {
	const hidden = "REDACTED"
	hide := func(fields map[string]any, name, secret string) {
		switch value := fields[name].(type) {
		case nil:
		case map[string]any:
			value[secret] = hidden
		default:
			fields[name] = hidden
		}
	}
	hide(fields, "password", "password_hash")
	switch mfa := fields["mfa"].(type) {
	case nil:
	case map[string]any:
		hide(mfa, "password", "password_hash")
		hide(mfa, "totp", "secret")
	default:
		fields["mfa"] = hidden
	}
}
