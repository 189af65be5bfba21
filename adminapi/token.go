package adminapi

import (
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	defaultTokenLifetime = 5 * time.Minute // as Authgear documents it
	minTokenLifetime     = 10 * time.Second
	// maxTokenMargin is how long before its expiry a token is given up, at
	// most: longer than a request takes to reach the server.
	maxTokenMargin = 30 * time.Second
)

// tokens signs the tokens and keeps the last one. One lock is held while
// signing, so that many who ask at once share one signature.
type tokens struct {
	key      *Key
	keyID    string
	appID    string
	lifetime time.Duration
	now      func() time.Time

	mu     sync.Mutex
	signed string
	from   time.Time
	until  time.Time // when another one is signed, before the expiry
}

// token is a token that is good for now.
func (t *tokens) token() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	// A token from the future means that the clock was set back since.
	if t.signed != "" && !now.Before(t.from) && now.Before(t.until) {
		return t.signed, nil
	}
	return t.sign(now)
}

// renew is a token other than the one that was refused: the one that somebody
// else has got since, or one signed anew.
func (t *tokens) renew(refused string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.signed != refused {
		return t.signed, nil
	}
	return t.sign(t.now())
}

// sign makes a token as the server wants it: RS256, typ, kid, and aud as one
// string. It always has exp: the server would accept one without, for ever.
func (t *tokens) sign(now time.Time) (string, error) {
	issued := now.Truncate(time.Second) // tokens tell time in whole seconds
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"aud": t.appID,
		"iat": issued.Unix(),
		"exp": issued.Add(t.lifetime).Unix(),
	})
	token.Header["kid"] = t.keyID
	signed, err := token.SignedString(t.key.private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	margin := min(maxTokenMargin, t.lifetime/4)
	t.signed, t.from, t.until = signed, issued, issued.Add(t.lifetime-margin)
	return signed, nil
}
