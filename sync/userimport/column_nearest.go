package userimport

import "strings"

// nearest is the field that a column may mean, or nothing: what other systems
// call it, a field that has its name in it, or one that is spelled nearly alike.
func (t fieldTable) nearest(column string) string {
	folded := foldName(column)
	if name, known := elsewhere()[folded]; known {
		return name
	}
	var names []string
	for _, f := range recordFields() {
		if f.stored == "" && f.kind == objectKind {
			continue
		}
		if len(folded) > 3 && strings.Contains(foldName(f.name), folded) {
			return f.name
		}
		names = append(names, f.name)
	}
	return nearestName(column, names)
}

// nearestName is the name that a misspelled one may mean: at most every second
// letter is another, and no more than three; empty if there is none.
func nearestName(misspelled string, names []string) string {
	folded := foldName(misspelled)
	best, distance := "", min(len(folded)/2, 3)+1
	for _, name := range names {
		d := editDistance(folded, foldName(name))
		if d < distance || d == distance && best != "" && name < best {
			best, distance = name, d
		}
	}
	return best
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

// editDistance is how many letters have to be put in, taken out or changed to
// make one text of the other.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			changed := diagonal
			if r != s {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(to)]
}
