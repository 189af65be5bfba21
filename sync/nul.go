package usersync

import "strings"

// replaceNUL puts U+FFFD for each U+0000 in the user's texts, JSON keys
// included, for mirrors that cannot hold it, as Postgres cannot.
func (u *User) replaceNUL() {
	for i, value := range u.values {
		u.values[i] = withoutNUL(value)
	}
}

func withoutNUL(value any) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "\uFFFD")
	case []string:
		for i := range v {
			v[i] = strings.ReplaceAll(v[i], "\x00", "\uFFFD")
		}
	case []any:
		for i := range v {
			v[i] = withoutNUL(v[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for key, inner := range v {
			clean[strings.ReplaceAll(key, "\x00", "\uFFFD")] = withoutNUL(inner)
		}
		return clean
	}
	return value
}
