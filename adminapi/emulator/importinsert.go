package emulator

import (
	"encoding/base32"
	"errors"

	"golang.org/x/crypto/bcrypt"
)

// insert makes a user of the record.
func (r *importRecord) insert() error {
	u := &User{
		ID: newUUID(r.store.random).String(), CreatedAt: r.at, UpdatedAt: r.at,
		StandardAttributes: map[string]any{}, CustomAttributes: map[string]any{},
	}
	if err := r.insertIdentities(u); err != nil {
		return err
	}
	r.insertVerified(u, "email")
	r.insertVerified(u, "phone_number")
	for _, step := range []func(*User) error{
		r.setAttributes, r.insertStatus, r.setKeys, r.insertPasswords, r.insertFactors,
	} {
		if err := step(u); err != nil {
			return err
		}
	}
	r.store.completeIdentities(u)
	u.normalize()
	populateAttributes(u)
	if err := r.store.add(u); err != nil {
		return err
	}
	r.detail.UserID, r.detail.Outcome = u.ID, "inserted"
	return nil
}

// insertIdentities makes the login IDs. One that the project has not enabled is
// left out, though the user be left without any.
func (r *importRecord) insertIdentities(u *User) error {
	for _, key := range loginIDKeys() {
		name := loginIDClaim(key)
		value, ok := r.text(name)
		switch {
		case !ok:
		case value == nil:
			r.warn(name + " = null has no effect in insert.")
		case !r.store.loginIDEnabled(key):
			r.warn(name + " is ignored because it is not an allowed login ID.")
		default:
			identity, err := r.store.newLoginID(key, *value)
			if err != nil {
				return err
			}
			identity.CreatedAt, identity.UpdatedAt = r.at, r.at
			u.Identities = append(u.Identities, identity)
		}
	}
	for i := range u.Identities {
		if err := r.store.checkDuplicate(u.ID, &u.Identities[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *importRecord) insertVerified(u *User, claim string) {
	verified, ok := r.flag(claim + "_verified")
	if !ok {
		return
	}
	if !verified {
		r.warn(claim + "_verified = false has no effect in insert.")
		return
	}
	for i := range u.Identities {
		if value := u.Identities[i].ownedClaim(claim); value != "" {
			u.VerifiedClaims = append(u.VerifiedClaims, Claim{Name: claim, Value: value})
			return
		}
	}
	r.warn(claim + "_verified = true has no effect when " + claim + " is absent.")
}

func (r *importRecord) insertStatus(u *User) error {
	disabled, ok := r.flag("disabled")
	if ok && !disabled {
		r.warn("disabled = false has no effect in insert.")
	}
	u.Disabled = disabled
	return r.setValidity(u)
}

// insertPasswords sets the passwords, which no update does.
func (r *importRecord) insertPasswords(u *User) error {
	password := objectField(r.fields, "password")
	u.NoAuthenticator = password == nil
	hash, err := passwordHash(password)
	if err != nil {
		return err
	}
	u.PasswordHash, u.PasswordExpireAfter = hash, timeField(password, "expire_after")
	u.MFAPasswordHash, err = passwordHash(objectField(objectField(r.fields, "mfa"), "password"))
	return err
}

// passwordHash reads the hash of a password, "" where there is none.
func passwordHash(password map[string]any) (string, error) {
	if password == nil {
		return "", nil
	}
	hash, _ := password["password_hash"].(string)
	if _, err := bcrypt.Cost([]byte(hash)); err != nil {
		return "", &apiError{Name: "Invalid", Reason: "InvalidBcryptHash", Message: err.Error()}
	}
	return hash, nil
}

func (r *importRecord) insertFactors(u *User) error {
	mfa := objectField(r.fields, "mfa")
	for _, name := range []string{"email", "phone_number"} {
		value, ok := textField(mfa, name)
		if !ok {
			continue
		}
		if value == nil {
			r.warn("mfa." + name + " = null has no effect in insert.")
			continue
		}
		if err := u.setFactor(name, *value); err != nil {
			return err
		}
	}
	totp := objectField(mfa, "totp")
	if totp == nil {
		return nil
	}
	secret, _ := totp["secret"].(string)
	_, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if corrupt, ok := errors.AsType[base32.CorruptInputError](err); ok {
		return &apiError{Name: "Invalid", Reason: "InvalidTOTPSecret", Message: corrupt.Error()}
	}
	u.MFA.TOTPs = []TOTP{{Secret: secret}}
	return err
}

// setFactor makes an email address or a phone number the only one of its kind
// to which second factors are sent.
func (u *User) setFactor(name, value string) error {
	key, _ := loginIDTypeOfAttribute(name)
	normalized, err := normalizeLoginID(key, value)
	if err != nil {
		return err
	}
	*u.factors(name) = []string{normalized}
	return nil
}

// factors are the email addresses, or the phone numbers, to which second
// factors are sent.
func (u *User) factors(name string) *[]string {
	if name == "email" {
		return &u.MFA.Emails
	}
	return &u.MFA.PhoneNumbers
}
