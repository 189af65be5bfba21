package emulator

import (
	"maps"
	"time"
)

// IdentityType is the kind of an identity, spelled as in GraphQL.
type IdentityType string

// The kinds of identities that Authgear knows.
const (
	IdentityLoginID   IdentityType = "LOGIN_ID"
	IdentityOAuth     IdentityType = "OAUTH"
	IdentityAnonymous IdentityType = "ANONYMOUS"
	IdentityBiometric IdentityType = "BIOMETRIC"
	IdentityPasskey   IdentityType = "PASSKEY"
	IdentitySIWE      IdentityType = "SIWE"
	IdentityLDAP      IdentityType = "LDAP"
)

// claimPrefix begins the claims that Authgear itself adds to an identity.
const claimPrefix = "https://authgear.com/claims/"

// Identity is one way in which a user is known: a login ID, a connected OAuth
// account, a passkey and so on.
type Identity struct {
	// ID is a UUID; the store makes one when it is empty.
	ID   string
	Type IdentityType
	// CreatedAt and UpdatedAt are taken from the project's clock when zero.
	CreatedAt, UpdatedAt time.Time
	// Claims are what the identity says of the user: email, phone_number,
	// preferred_username, and what an OAuth provider told. For kinds other
	// than login IDs and OAuth they include Authgear's own claims.
	Claims map[string]any
	// LoginID is set for login IDs only, OAuth for OAuth identities only.
	LoginID *LoginID
	OAuth   *OAuth
}

// LoginID is what a user types to log in. Key and Type are email, phone or
// username in the emulated project.
type LoginID struct{ Key, Type, Value, OriginalValue string }

// OAuth is a connected account at a provider such as google.
type OAuth struct {
	ProviderType, ProviderAlias, SubjectID string
	Profile                                map[string]any
}

// EmailIdentity returns a login ID of the key email.
func EmailIdentity(email string) Identity { return loginIDIdentity("email", email) }

// PhoneIdentity returns a login ID of the key phone; the number is E.164.
func PhoneIdentity(number string) Identity { return loginIDIdentity("phone", number) }

// UsernameIdentity returns a login ID of the key username.
func UsernameIdentity(name string) Identity { return loginIDIdentity("username", name) }

// loginIDIdentity normalises the value where it can; the original is kept beside it.
func loginIDIdentity(key, value string) Identity {
	normalized, err := normalizeLoginID(key, value)
	if err != nil {
		normalized = value
	}
	return Identity{
		Type:    IdentityLoginID,
		Claims:  map[string]any{loginIDClaim(key): normalized},
		LoginID: &LoginID{Key: key, Type: key, Value: normalized, OriginalValue: value},
	}
}

// loginIDClaim names the standard claim that a login ID of this type carries.
func loginIDClaim(loginIDType string) string {
	switch loginIDType {
	case "phone":
		return "phone_number"
	case "username":
		return "preferred_username"
	default:
		return "email"
	}
}

// OAuthIdentity returns an account connected through the provider (google,
// apple, …) whose alias is its type. Claims are what the provider told.
func OAuthIdentity(provider, subject string, claims map[string]any) Identity {
	return Identity{
		Type:   IdentityOAuth,
		Claims: claims,
		OAuth: &OAuth{
			ProviderType: provider, ProviderAlias: provider, SubjectID: subject,
			Profile: map[string]any{"sub": subject},
		},
	}
}

// AnonymousIdentity returns the identity of a user who never signed up.
func AnonymousIdentity(keyID string) Identity {
	return Identity{Type: IdentityAnonymous, Claims: map[string]any{claimPrefix + "anonymous/key_id": keyID}}
}

// BiometricIdentity returns a device's biometric registration.
func BiometricIdentity(keyID, device string) Identity {
	return Identity{Type: IdentityBiometric, Claims: map[string]any{
		claimPrefix + "biometric/key_id":                keyID,
		claimPrefix + "biometric/device_info":           map[string]any{"ios": map[string]any{"uname": map[string]any{"machine": device}}},
		claimPrefix + "biometric/formatted_device_info": device,
	}}
}

// PasskeyIdentity returns a passkey.
func PasskeyIdentity(credentialID, displayName string) Identity {
	return Identity{Type: IdentityPasskey, Claims: map[string]any{
		claimPrefix + "passkey/credential_id": credentialID,
		claimPrefix + "passkey/display_name":  displayName,
	}}
}

// SIWEIdentity returns an Ethereum account; chainID is its network's number.
func SIWEIdentity(address string, chainID int) Identity {
	return Identity{Type: IdentitySIWE, Claims: map[string]any{
		claimPrefix + "siwe/address":  address,
		claimPrefix + "siwe/chain_id": chainID,
	}}
}

// LDAPIdentity returns an entry of a directory server, known by its uid.
func LDAPIdentity(server, uid string) Identity {
	return Identity{Type: IdentityLDAP, Claims: map[string]any{
		claimPrefix + "ldap/server_name":                 server,
		claimPrefix + "ldap/last_login_username":         uid,
		claimPrefix + "ldap/user_id_attribute_name":      "uid",
		claimPrefix + "ldap/user_id_attribute_value":     uid,
		claimPrefix + "ldap/raw_user_id_attribute_value": uid,
		claimPrefix + "ldap/attributes":                  map[string]any{"uid": uid},
		claimPrefix + "ldap/raw_attributes":              map[string]any{"uid": []any{uid}},
	}}
}

func (i Identity) clone() Identity {
	i.Claims = cloneObject(i.Claims)
	if i.LoginID != nil {
		i.LoginID = new(*i.LoginID)
	}
	if i.OAuth != nil {
		i.OAuth = new(*i.OAuth)
		i.OAuth.Profile = cloneObject(i.OAuth.Profile)
	}
	return i
}

// shownClaims are the claims as GraphQL shows them.
func (i *Identity) shownClaims() map[string]any {
	claims := maps.Clone(i.Claims)
	if claims == nil {
		claims = map[string]any{}
	}
	if l := i.LoginID; l != nil {
		claims[claimPrefix+"login_id/type"] = l.Type
		claims[claimPrefix+"login_id/key"] = l.Key
		claims[claimPrefix+"login_id/original_value"] = l.OriginalValue
		claims[claimPrefix+"login_id/value"] = l.Value
	}
	if o := i.OAuth; o != nil {
		claims[claimPrefix+"oauth/provider_type"] = o.ProviderType
		claims[claimPrefix+"oauth/provider_alias"] = o.ProviderAlias
		claims[claimPrefix+"oauth/subject_id"] = o.SubjectID
		claims[claimPrefix+"oauth/profile"] = o.Profile
	}
	return claims
}

// ownedClaim returns the value of a standard claim that this identity gives
// its user (email, phone_number, preferred_username), or "".
func (i *Identity) ownedClaim(name string) string {
	value, _ := i.Claims[name].(string)
	return value
}
