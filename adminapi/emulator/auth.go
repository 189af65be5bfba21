package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// clockSkew is how far a token's times may be off, either way.
const clockSkew = 5 * time.Minute

// keyPair is the key that verifies tokens, with its private half if it was made here.
type keyPair struct {
	public     *rsa.PublicKey
	privatePEM []byte
}

func newKeyPair(public *rsa.PublicKey) (*keyPair, error) {
	if public != nil {
		return &keyPair{public: public}, nil
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return &keyPair{
		public:     &private.PublicKey,
		privatePEM: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}, nil
}

// authorized lets requests with a valid token through. Every refusal looks the
// same, so that nothing can be learned from it.
func (s *Server) authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.checkToken(r.Header.Get("Authorization")); err != nil {
			s.config.Logger.DebugContext(r.Context(), "refused", "why", err)
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// checkToken accepts RS256 tokens of the right key and audience. The scheme's
// spelling counts; a token that never expires passes, as on the real server.
func (s *Server) checkToken(header string) error {
	token, found := strings.CutPrefix(header, "Bearer ")
	if !found {
		return errors.New("no bearer token")
	}
	keyOf := func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != s.config.KeyID {
			return nil, errors.New("unknown key ID")
		}
		return s.key.public, nil
	}
	_, err := jwt.Parse(token, keyOf,
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithAudience(s.config.AppID),
		jwt.WithTimeFunc(s.config.Now),
		jwt.WithLeeway(clockSkew),
		jwt.WithIssuedAt())
	return err
}
