package userimport

import "maps"

// ForNewUser is the record without what has no effect on somebody new: null,
// and false where there is nothing else yet. Authgear would do the same, and warn
// of some of it. The record itself is left alone.
func (r Record) ForNewUser() Record {
	sent := make(Record, len(r))
	for field, value := range r {
		if object, is := value.(map[string]any); is && (field == "mfa" || field == "address") {
			value = withoutNull(object)
		}
		if value != nil && value != false {
			sent[field] = value
		}
	}
	return sent
}

// withoutNull is nil when nothing is left.
func withoutNull(object map[string]any) any {
	left := maps.Clone(object)
	maps.DeleteFunc(left, func(_ string, value any) bool { return value == nil })
	if len(left) == 0 {
		return nil
	}
	return left
}
