package userimport

import (
	"strings"
	"unicode/utf8"
)

// nearest is the field that a column may mean, or nothing: what other systems
// call it, or a field whose name is nearly the same.
func (t fieldTable) nearest(column string) string {
	if name, known := elsewhere()[foldName(column)]; known {
		return name
	}
	if NamesAttribute(column) { // only its type can be wrong
		return ""
	}
	var names []string
	for _, f := range recordFields() {
		if f.stored != "" || f.kind != objectKind {
			names = append(names, f.name)
		}
	}
	return nearestName(column, names)
}

// nearestName is the name that a misspelled one may mean: the one that differs in
// the fewest letters, or else one that is a good part of it, or of which it is one;
// empty if there is none. A suggestion that is far off is worse than none: people
// take it.
func nearestName(misspelled string, names []string) string {
	folded := foldName(misspelled)
	best, distance := "", allowedDistance(folded)+1
	for _, name := range names {
		d := editDistance(folded, foldName(name))
		if d < distance || d == distance && best != "" && name < best {
			best, distance = name, d
		}
	}
	if best != "" {
		return best
	}
	for _, name := range names {
		if isPartOf(folded, foldName(name)) {
			return name
		}
	}
	return ""
}

// allowedDistance is how many letters may differ: a slip of the finger in a short
// name, two in a long one.
func allowedDistance(folded string) int {
	const short, long = 3, 9
	switch length := utf8.RuneCountInString(folded); {
	case length < short:
		return 0
	case length < long:
		return 1
	default:
		return 2
	}
}

// isPartOf says whether one of a column and a field is a good part of the other, as
// email is of emailadresse: 5 letters or more and a third of the column, or 4 and
// half of the field, or the whole of what comes last in it.
func isPartOf(column, field string) bool {
	last := field[strings.LastIndexByte(field, '.')+1:]
	switch {
	case len(field) >= 5 && 3*len(field) >= len(column) && strings.Contains(column, field):
		return true
	case len(column) < 4:
		return false
	default:
		return column == last || 2*len(column) >= len(field) && strings.Contains(field, column)
	}
}

// elsewhere are names that other systems have for fields, folded.
func elsewhere() map[string]string {
	return map[string]string{ //nolint:gosec // names of columns, no secrets
		"mail": "email", "emailaddress": "email", "useremail": "email",
		"phone": "phone_number", "mobile": "phone_number", "mobilenumber": "phone_number", "cell": "phone_number", "tel": "phone_number", "telephone": "phone_number",
		"username": "preferred_username", "login": "preferred_username", "user": "preferred_username",
		"firstname": "given_name", "forename": "given_name",
		"lastname": "family_name", "surname": "family_name",
		"fullname": "name", "displayname": "name",
		"dob": "birthdate", "birthday": "birthdate", "dateofbirth": "birthdate",
		"timezone": "zoneinfo", "tz": "zoneinfo",
		"language": "locale", "lang": "locale",
		"avatar": "picture", "photo": "picture", "image": "picture",
		"url": "website", "homepage": "website", "sex": "gender",
		"street": "address.street_address", "city": "address.locality", "town": "address.locality",
		"state": "address.region", "province": "address.region",
		"zip": "address.postal_code", "zipcode": "address.postal_code", "postcode": "address.postal_code",
		"country":  "address.country",
		"password": "password_hash", "hash": "password_hash", "bcrypt": "password_hash", "passworddigest": "password_hash",
		"totp": "mfa.totp.secret", "totpsecret": "mfa.totp.secret",
		"role": "roles", "group": "groups", "blocked": "disabled",
	}
}

// editDistance is how many letters have to be put in, taken out, changed, or
// swapped with the next to make one text of the other.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	before, row := make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		next := make([]int, len(to)+1)
		next[0] = i + 1
		for j, s := range to {
			changed := row[j]
			if r != s {
				changed++
			}
			next[j+1] = min(changed, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && r == to[j-1] && from[i-1] == s {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(to)]
}
