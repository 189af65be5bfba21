package userimport

import (
	"encoding/base32"
	"regexp"
	"strings"
)

var bcryptHash = regexp.MustCompile(`^\$2[abxy]?\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$`)

// checkBcrypt asks for a whole bcrypt hash. The server asks only for one's
// beginning, and for its length at least; nobody could sign in by the rest.
func checkBcrypt(_ *Mapping, text string) (any, *fault) {
	if bcryptHash.MatchString(text) {
		return text, nil
	}
	f := &fault{rule: "a bcrypt hash of 60 characters is asked for, such as $2b$12$…"}
	switch name := hashName(text); name {
	case "bcrypt":
	case "":
		f.hint = "Authgear takes no other kind: " + hintNoPassword
	default:
		f.hint = "it looks like " + name + ", which Authgear does not take: " + hintNoPassword
	}
	return nil, f
}

// hintNoPassword is what can be done about hashes of another kind.
const hintNoPassword = "leave the column out by --ignore-column, and those people set a new password"

// hashName says what made a hash, as far as it shows.
func hashName(text string) string {
	for prefix, name := range map[string]string{
		"$2": "bcrypt", "$argon2": "argon2", "$1$": "md5crypt", "$5$": "sha256crypt", "$6$": "sha512crypt",
		"$P$": "phpass", "$H$": "phpass", "$scrypt": "scrypt", "$pbkdf2": "PBKDF2", "pbkdf2": "PBKDF2",
		"{SSHA": "SSHA", "{SHA": "SHA", "{MD5": "MD5",
	} {
		if strings.HasPrefix(text, prefix) {
			return name
		}
	}
	if !plainDigest.MatchString(text) {
		return ""
	}
	switch len(text) {
	case 32:
		return "MD5"
	case 40:
		return "SHA-1"
	case 64:
		return "SHA-256"
	default:
		return ""
	}
}

// plainDigest is what a hash without a salt looks like.
var plainDigest = regexp.MustCompile(`^[0-9a-fA-F]+$`)

// checkPasswordType asks for bcrypt.
func checkPasswordType(_ *Mapping, text string) (any, *fault) {
	if text == "bcrypt" {
		return text, nil
	}
	return nil, &fault{
		rule: "Authgear takes passwords hashed with bcrypt alone",
		hint: hintNoPassword,
	}
}

// checkTOTP makes base32 without padding of a secret, as people and products
// write it: in groups, in small letters.
func checkTOTP(_ *Mapping, text string) (any, *fault) {
	secret := strings.ToUpper(strings.TrimRight(strings.NewReplacer(" ", "", "-", "").Replace(text), "="))
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || secret == "" {
		return nil, &fault{rule: "a TOTP secret is written in base32", hint: "letters and the digits 2 to 7"}
	}
	return secret, nil
}
