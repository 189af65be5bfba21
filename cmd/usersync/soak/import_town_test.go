package soak_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
)

// importTown is the emulated project that people are imported into. It lives in
// a bubble of testing/synctest, whose clock is everybody's.
type importTown struct {
	*emulator.Server
	anchor string // of somebody who has every custom attribute, and of whom no row tells
}

func newImportTown(c *importCase) (*importTown, error) {
	server, err := emulator.New(emulator.Config{AppID: appID, KeyID: keyID, Key: &townKey().PublicKey, Now: time.Now, Seed: c.faults.Seed})
	if err != nil {
		return nil, err
	}
	at := &importTown{Server: server}
	project := server.Project()
	enabled := map[string]string{"email": "email", "phone_number": "phone", "preferred_username": "username"}
	delete(enabled, c.without)
	project.SetLoginIDs(slices.Sorted(maps.Values(enabled))...)
	project.SetCustomAttributes(map[string]emulator.CustomAttribute{
		"points": {Type: "number"}, "note": {Type: "string"}, "tier": {Type: "enum", Enum: []string{"free", "pro"}},
	})
	for _, key := range []string{"reader", "writer"} {
		if err := project.AddRole(key, ""); err != nil {
			return nil, err
		}
	}
	for _, key := range []string{"north", "south"} {
		if err := project.AddGroup(key, ""); err != nil {
			return nil, err
		}
	}
	at.anchor, err = project.Create(emulator.User{
		Identities:       []emulator.Identity{emulator.EmailIdentity("anchor@example.com")},
		CustomAttributes: map[string]any{"points": json.Number("1"), "tier": "free", "note": "one"},
	})
	if err != nil {
		return nil, err
	}
	for i := range c.people {
		if c.people[i].ID, err = project.Create(userOf(&c.people[i])); err != nil {
			return nil, err
		}
	}
	time.Sleep(time.Hour) //nolint:forbidigo // the bubble's time, which does not pass by itself
	server.SetImportPace(c.pace)
	return at, nil
}

// client is one of its own for each run, as a new process would have.
func (at *importTown) client(retries int) (*adminapi.Client, error) {
	key, err := adminapi.ParseKey(townKeyPEM())
	if err != nil {
		return nil, err
	}
	return adminapi.New(adminapi.Config{
		Endpoint: "https://myapp.example.com", AppID: appID, KeyID: keyID, Key: key,
		Base: at, Now: time.Now, TokenLifetime: time.Hour, MaxRetries: retries,
	})
}

// RoundTrip answers a request without a network. What the emulator cuts short is
// so for the client.
func (at *importTown) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	sent := r.Clone(r.Context())
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	recorder := httptest.NewRecorder()
	defer func() {
		switch cut := recover(); {
		case cut == nil:
		case cut != http.ErrAbortHandler: //nolint:errorlint // it is that one, and no other
			panic(cut)
		case recorder.Body.Len() == 0:
			answer, err = nil, io.ErrUnexpectedEOF
		default:
			answer = recorder.Result()
			answer.Request = r
			answer.Body = io.NopCloser(io.MultiReader(answer.Body, brokenReader{}))
		}
	}()
	at.ServeHTTP(recorder, sent)
	answer = recorder.Result()
	answer.Request = r
	return answer, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// userOf is somebody as the emulator has them.
func userOf(p *person) emulator.User {
	u := emulator.User{
		StandardAttributes: maps.Clone(p.Attributes), CustomAttributes: map[string]any{},
		Roles: p.Roles, Groups: p.Groups, Disabled: p.Disabled, PasswordHash: p.Password,
		AccountValidFrom: instant(p.From), AccountValidUntil: instant(p.Until),
	}
	for name, value := range p.Custom {
		if number, is := value.(float64); is {
			value = json.Number(fmt.Sprint(number))
		}
		u.CustomAttributes[name] = value
	}
	for kind, identity := range map[string]func(string) emulator.Identity{
		"email": emulator.EmailIdentity, "phone_number": emulator.PhoneIdentity, "preferred_username": emulator.UsernameIdentity,
	} {
		if value := p.Logins[kind]; value != "" {
			u.Identities = append(u.Identities, identity(value))
		}
	}
	if p.OAuth != "" {
		u.Identities = append(u.Identities, emulator.OAuthIdentity("google", "subject of "+p.OAuth, map[string]any{"email": p.OAuth}))
	}
	for _, entry := range p.Verified {
		claim, value, _ := strings.Cut(entry, " ")
		u.VerifiedClaims = append(u.VerifiedClaims, emulator.Claim{Name: claim, Value: value})
	}
	if p.Scheduled {
		at := time.Now().Add(1000 * 24 * time.Hour)
		u.DeleteAt = &at
	}
	if p.Second != "" {
		u.MFA.Emails = []string{p.Second}
	}
	if p.TOTP != "" {
		u.MFA.TOTPs = []emulator.TOTP{{Secret: p.TOTP}}
	}
	return u
}

func instant(text string) *time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return &at
}

// personOf is somebody as the emulator is found to have them.
func personOf(u emulator.User) *person {
	p := newPerson()
	p.ID, p.Disabled, p.Scheduled, p.Password = u.ID, u.Disabled, u.DeleteAt != nil, u.PasswordHash
	for name, value := range u.StandardAttributes {
		if !isLoginID(name) {
			p.Attributes[name] = value
		}
	}
	for name, value := range u.CustomAttributes {
		if number, is := value.(json.Number); is {
			value, _ = number.Float64()
		}
		p.Custom[name] = value
	}
	for _, identity := range u.Identities {
		for _, kind := range []string{"email", "phone_number", "preferred_username"} {
			value, has := identity.Claims[kind].(string)
			switch {
			case !has:
			case identity.LoginID != nil:
				p.Logins[kind] = value
			default:
				p.OAuth = value
			}
		}
	}
	for _, claim := range u.VerifiedClaims {
		p.verify(claim.Name, claim.Value, true)
	}
	p.Roles, p.Groups = slices.Sorted(slices.Values(u.Roles)), slices.Sorted(slices.Values(u.Groups))
	for text, at := range map[*string]*time.Time{&p.From: u.AccountValidFrom, &p.Until: u.AccountValidUntil} {
		if at != nil {
			*text = at.UTC().Format(time.RFC3339Nano)
		}
	}
	if len(u.MFA.Emails) > 0 {
		p.Second = strings.Join(u.MFA.Emails, " ")
	}
	for _, factor := range u.MFA.TOTPs {
		p.TOTP += factor.Secret
	}
	return p
}
