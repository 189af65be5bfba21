package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// exportRecord is one line of what Authgear's User Export API writes. Standard
// attributes stand beside these fields and are read separately.
type exportRecord struct {
	Sub                      string           `json:"sub"`
	EmailVerified            bool             `json:"email_verified"`
	PhoneNumberVerified      bool             `json:"phone_number_verified"`
	CustomAttributes         map[string]any   `json:"custom_attributes"`
	Roles                    []string         `json:"roles"`
	Groups                   []string         `json:"groups"`
	CreatedAt                time.Time        `json:"created_at"`
	Disabled                 bool             `json:"disabled"`
	DeleteAt                 *time.Time       `json:"delete_at"`
	LastLoginAt              *time.Time       `json:"last_login_at"`
	IsAnonymized             bool             `json:"is_anonymized"`
	AnonymizeAt              *time.Time       `json:"anonymize_at"`
	TemporarilyDisabledFrom  *time.Time       `json:"temporarily_disabled_from"`
	TemporarilyDisabledUntil *time.Time       `json:"temporarily_disabled_until"`
	AccountValidFrom         *time.Time       `json:"account_valid_from"`
	AccountValidUntil        *time.Time       `json:"account_valid_until"`
	Identities               []exportIdentity `json:"identities"`
	MFA                      MFA              `json:"mfa"`
	BiometricCount           int              `json:"biometric_count"`
	PasskeyCount             int              `json:"passkey_count"`
}

type exportIdentity struct {
	Type    string         `json:"type"`
	Claims  map[string]any `json:"claims"`
	LoginID *struct {
		Key           string `json:"key"`
		Type          string `json:"type"`
		Value         string `json:"value"`
		OriginalValue string `json:"original_value"`
	} `json:"login_id"`
	OAuth *struct {
		Alias     string         `json:"provider_alias"`
		Type      string         `json:"provider_type"`
		SubjectID string         `json:"provider_subject_id"`
		Profile   map[string]any `json:"user_profile"`
	} `json:"oauth"`
	LDAP *struct {
		Server string `json:"server_name"`
		Value  string `json:"user_id_attribute_value"`
	} `json:"ldap"`
}

// exportedAttributes are the standard attributes that an export record holds.
func exportedAttributes() []string {
	return []string{
		"preferred_username", "email", "phone_number", "name", "given_name", "family_name", "middle_name",
		"nickname", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "address",
	}
}

// user turns a record into a user. What an export does not tell is made up:
// updatedAt is the time of creation, identities follow it by milliseconds.
func (r *exportRecord) user(attributes map[string]any, now time.Time) (*User, error) {
	u := &User{
		ID: r.Sub, CreatedAt: r.CreatedAt, UpdatedAt: r.CreatedAt, LastLoginAt: r.LastLoginAt,
		StandardAttributes: map[string]any{}, CustomAttributes: r.CustomAttributes,
		Roles: r.Roles, Groups: r.Groups,
		TemporarilyDisabledFrom: r.TemporarilyDisabledFrom, TemporarilyDisabledUntil: r.TemporarilyDisabledUntil,
		AccountValidFrom: r.AccountValidFrom, AccountValidUntil: r.AccountValidUntil,
		DeleteAt: r.DeleteAt, AnonymizeAt: r.AnonymizeAt, Anonymized: r.IsAnonymized, MFA: r.MFA,
	}
	// The record tells the outcome; what already explains it is not stored twice.
	u.Disabled = r.Disabled && (u.Anonymized || u.TemporarilyDisabledFrom == nil && !u.disabledAt(now))
	for _, name := range exportedAttributes() {
		value, ok := attributes[name]
		if object, isObject := value.(map[string]any); ok && !(isObject && len(object) == 0) {
			u.StandardAttributes[name] = value
		}
	}
	for name, verified := range map[string]bool{"email": r.EmailVerified, "phone_number": r.PhoneNumberVerified} {
		if value := u.attribute(name); verified && value != "" {
			u.VerifiedClaims = append(u.VerifiedClaims, Claim{Name: name, Value: value})
		}
	}
	slices.SortFunc(u.VerifiedClaims, func(a, b Claim) int { return strings.Compare(a.Name, b.Name) })
	for _, i := range r.Identities {
		identity, err := i.identity()
		if err != nil {
			return nil, err
		}
		u.Identities = append(u.Identities, identity)
	}
	for n := range r.BiometricCount {
		u.Identities = append(u.Identities, BiometricIdentity(fmt.Sprintf("%s-%d", r.Sub, n), "unknown device"))
	}
	for n := range r.PasskeyCount {
		u.Identities = append(u.Identities, PasskeyIdentity(fmt.Sprintf("%s-%d", r.Sub, n), "passkey"))
	}
	for n := range u.Identities {
		u.Identities[n].CreatedAt = u.CreatedAt.Add(time.Duration(n+1) * time.Millisecond)
	}
	return u, nil
}

func (e *exportIdentity) identity() (Identity, error) {
	i := Identity{Claims: e.Claims}
	if i.Claims == nil {
		i.Claims = map[string]any{}
	}
	switch {
	case e.Type == "login_id" && e.LoginID != nil:
		i.Type = IdentityLoginID
		i.LoginID = &LoginID{
			Key: e.LoginID.Key, Type: e.LoginID.Type,
			Value: e.LoginID.Value, OriginalValue: e.LoginID.OriginalValue,
		}
	case e.Type == "oauth" && e.OAuth != nil:
		i.Type = IdentityOAuth
		i.OAuth = &OAuth{
			ProviderType: e.OAuth.Type, ProviderAlias: e.OAuth.Alias,
			SubjectID: e.OAuth.SubjectID, Profile: e.OAuth.Profile,
		}
	case e.Type == "ldap" && e.LDAP != nil:
		ldap := LDAPIdentity(e.LDAP.Server, e.LDAP.Value)
		maps.Copy(ldap.Claims, e.Claims)
		return ldap, nil
	default:
		return Identity{}, fmt.Errorf("read identity of type %q: not known from exports", e.Type)
	}
	return i, nil
}

// decodeExportRecord reads one line, with numbers kept as they are written.
func decodeExportRecord(line []byte, now time.Time) (*User, error) {
	var record exportRecord
	var attributes map[string]any
	for _, into := range []any{&record, &attributes} {
		decoder := json.NewDecoder(strings.NewReader(string(line)))
		decoder.UseNumber()
		if err := decoder.Decode(into); err != nil {
			return nil, err
		}
	}
	return record.user(attributes, now)
}
