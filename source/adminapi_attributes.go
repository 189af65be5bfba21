package source

import (
	"maps"
	"slices"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// Standard attributes are OpenID Connect's claims. Authgear checks them when
// they are written, but not those it once let through or takes over from
// identity providers; what has no place in the field table, or does not fit it,
// is kept in one field of its own, so that a mirror loses nothing.
const (
	standardAttributes = "standardAttributes"
	otherAttributes    = "other_attributes"
	// updatedAtAttribute repeats updatedAt in whole seconds.
	updatedAtAttribute = "updated_at"
)

// standard reads the standard attribute that has the field's name. Absent and
// null are no value; an absent email_verified is false, as in Authgear's export.
func standard(f *usersync.Field) reader {
	return func(u *adminapi.User) any {
		value, _ := splitAttribute(f, u.StandardAttributes[f.Name])
		return value
	}
}

// others reads the standard attributes, and parts of the address, that no other
// field holds.
func others(u *adminapi.User) any {
	rest := maps.Clone(u.StandardAttributes)
	delete(rest, updatedAtAttribute)
	for f := range usersync.AllFields().All() {
		value, found := rest[f.Name]
		if !found || f.From != standardAttributes {
			continue
		}
		if _, unfit := splitAttribute(f, value); unfit == nil {
			delete(rest, f.Name)
		} else {
			rest[f.Name] = unfit
		}
	}
	return rest
}

// splitAttribute divides an attribute's value into what its field holds and what
// does not fit: nil for nothing.
func splitAttribute(f *usersync.Field, value any) (fit, unfit any) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		if f.Kind == usersync.Text {
			return v, nil
		}
	case bool:
		if f.Kind == usersync.Bool {
			return v, nil
		}
	case map[string]any:
		if f.Kind == usersync.Object {
			return splitObject(f, v)
		}
	}
	return nil, value
}

// splitObject does the same for an object whose parts are texts. Empty parts are
// left out, as Authgear's export does.
func splitObject(f *usersync.Field, object map[string]any) (fit, unfit any) {
	known, unknown := make(map[string]any), make(map[string]any)
	for key, value := range object {
		text, isText := value.(string)
		switch {
		case !slices.Contains(f.Parts, key), value != nil && !isText:
			unknown[key] = value
		case text != "":
			known[key] = text
		}
	}
	if len(unknown) > 0 {
		unfit = unknown
	}
	return known, unfit
}
