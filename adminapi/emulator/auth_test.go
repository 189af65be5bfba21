package emulator_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"usersync/adminapi/emulator"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	type edit = func(*clock) func(*jwt.Token, jwt.MapClaims)
	claim := func(name string, shift time.Duration) edit {
		return func(c *clock) func(*jwt.Token, jwt.MapClaims) {
			return func(_ *jwt.Token, claims jwt.MapClaims) { claims[name] = c.Now().Add(shift).Unix() }
		}
	}
	set := func(f func(*jwt.Token, jwt.MapClaims)) edit {
		return func(*clock) func(*jwt.Token, jwt.MapClaims) { return f }
	}
	for name, tt := range map[string]struct {
		edit edit
		ok   bool
	}{
		"good":                    {set(nil), true},
		"audience as a string":    {set(func(_ *jwt.Token, c jwt.MapClaims) { c["aud"] = appID }), true},
		"no audience":             {set(func(_ *jwt.Token, c jwt.MapClaims) { delete(c, "aud") }), false},
		"other audience":          {set(func(_ *jwt.Token, c jwt.MapClaims) { c["aud"] = "other" }), false},
		"expired 4 minutes ago":   {claim("exp", -4*time.Minute), true},
		"expired 6 minutes ago":   {claim("exp", -6*time.Minute), false},
		"issued in 4 minutes":     {claim("iat", 4*time.Minute), true},
		"issued in 6 minutes":     {claim("iat", 6*time.Minute), false},
		"valid from in 6 minutes": {claim("nbf", 6*time.Minute), false},
		"never expires":           {set(func(_ *jwt.Token, c jwt.MapClaims) { delete(c, "exp") }), true},
		"no issue time":           {set(func(_ *jwt.Token, c jwt.MapClaims) { delete(c, "iat") }), true},
		"no key id":               {set(func(k *jwt.Token, _ jwt.MapClaims) { delete(k.Header, "kid") }), false},
		"other key id":            {set(func(k *jwt.Token, _ jwt.MapClaims) { k.Header["kid"] = "other" }), false},
		"no type":                 {set(func(k *jwt.Token, _ jwt.MapClaims) { delete(k.Header, "typ") }), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			checkRefusal(t, b, b.bearer(tt.edit(b.clock)), tt.ok)
		})
	}
	for name, sign := range map[string]func(*jwt.Token) (string, error){
		"another key": func(k *jwt.Token) (string, error) { return k.SignedString(other) },
		"RS512": func(k *jwt.Token) (string, error) {
			k.Method = jwt.SigningMethodRS512
			k.Header["alg"] = "RS512"
			return k.SignedString(testKey())
		},
		"HS256 with the public key": func(k *jwt.Token) (string, error) {
			k.Method, k.Header["alg"] = jwt.SigningMethodHS256, "HS256"
			return k.SignedString(x509.MarshalPKCS1PublicKey(&testKey().PublicKey))
		},
		"no signature": func(k *jwt.Token) (string, error) {
			k.Method, k.Header["alg"] = jwt.SigningMethodNone, "none"
			return k.SignedString(jwt.UnsafeAllowNoneSignatureType)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"aud": appID, "exp": b.clock.Now().Add(time.Minute).Unix()})
			token.Header["kid"] = keyID
			signed, err := sign(token)
			must(t, err)
			checkRefusal(t, b, "Bearer "+signed, false)
		})
	}
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer x.y.z", "Basic eDp5"} {
		t.Run("header "+header, func(t *testing.T) {
			t.Parallel()
			checkRefusal(t, setup(t), header, false)
		})
	}
}

// checkRefusal sees that every refusal looks the same and tells the time.
func checkRefusal(t *testing.T, b *bundle, authorization string, ok bool) {
	t.Helper()
	a, err := b.send(authorization, "application/json", []byte(`{"query":"{__typename}"}`))
	must(t, err)
	if got := a.header.Get("Date"); got != b.clock.Now().Format(http.TimeFormat) {
		t.Errorf("Date %q", got)
	}
	if ok {
		if a.status != http.StatusOK {
			t.Errorf("status %d", a.status)
		}
		return
	}
	if a.status != http.StatusForbidden || string(a.body) != "Forbidden\n" || a.contentType != "text/plain; charset=utf-8" {
		t.Errorf("status %d, %s, body %q", a.status, a.contentType, a.body)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, cfg := range []emulator.Config{{}, {AppID: "a"}, {KeyID: "k"}} {
		if _, err := emulator.New(cfg); err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
	srv, err := emulator.New(emulator.Config{AppID: appID, KeyID: keyID})
	must(t, err)
	block, rest := pem.Decode(srv.PrivateKeyPEM())
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		t.Fatal("the key is no PEM")
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		t.Error(err)
	}
	if setup(t).PrivateKeyPEM() != nil {
		t.Error("a private key where only a public one was given")
	}
}

func TestOtherMethodsAndPaths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	request := func(method, path string) answer {
		r, err := http.NewRequestWithContext(t.Context(), method, b.endpoint+path, nil)
		must(t, err)
		r.Header.Set("Authorization", b.bearer(nil))
		a, err := b.do(r)
		must(t, err)
		return a
	}
	if a := request(http.MethodGet, "/_api/admin/graphql"); a.status != http.StatusOK || !strings.Contains(string(a.body), "<title>GraphiQL") {
		t.Errorf("GET: %d %s", a.status, a.body)
	}
	if a := request(http.MethodPut, "/_api/admin/graphql"); a.status != http.StatusNotFound {
		t.Errorf("PUT: %d", a.status)
	}
	if a := request(http.MethodGet, "/graphql/"); a.status != http.StatusNotFound {
		t.Errorf("elsewhere: %d", a.status)
	}
	if b.Requests() != 3 {
		t.Errorf("%d requests", b.Requests())
	}
}
