package adminapi

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
)

// maxKeyFile is far more than any private key takes, in bytes.
const maxKeyFile = 1 << 20

// Key is the private key that signs the tokens. However it is formatted,
// logged or encoded, it shows its public thumbprint and nothing else.
type Key struct {
	private    *rsa.PrivateKey
	thumbprint string
	warning    string
}

// LoadKey reads the private key from a file, such as the one that the portal
// of Authgear hands out. See ParseKey for what it may hold, and Key.Warning
// for who else can read it.
func LoadKey(path string) (*Key, error) {
	key, err := loadKey(path)
	if err != nil {
		return nil, fmt.Errorf("load key file %s: %w", path, err)
	}
	return key, nil
}

func loadKey(path string) (_ *Key, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() && info.IsDir() {
		return nil, errors.New("found a directory, want a file")
	}
	data, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if len(data) > maxKeyFile {
		return nil, errors.New("found more than 1 MiB, which is no key")
	}
	key, err := ParseKey(data)
	if err != nil {
		return nil, err
	}
	if !PrivateFile(info) {
		key.warning = fmt.Sprintf("key file %s can be read or changed by other users of this machine (mode %#o): make it private with chmod 600",
			path, info.Mode().Perm())
	}
	return key, nil
}

// withoutPath drops the path that errors of package os repeat.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

func newKey(private *rsa.PrivateKey) (*Key, error) {
	if err := private.Validate(); err != nil {
		return nil, fmt.Errorf("found an RSA private key that is broken: %w", err)
	}
	if bits := private.N.BitLen(); bits < minKeyBits {
		return nil, fmt.Errorf("found an RSA key of %d bits, want at least %d", bits, minKeyBits)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("take the key's public part: %w", err)
	}
	sum := sha256.Sum256(public)
	return &Key{private: private, thumbprint: hex.EncodeToString(sum[:])}, nil
}

// Thumbprint identifies the key without telling it: the SHA-256 of its public
// part (DER, SubjectPublicKeyInfo) in hexadecimal. It is what
//
//	openssl pkey -in private-key.pem -pubout -outform DER | sha256sum
//
// prints, so that a person can tell whether two files hold the same key.
func (k *Key) Thumbprint() string { return k.thumbprint }

// Warning says in a sentence that the file the key was loaded from can be read
// or changed by others, or is empty when it cannot or there was no file.
func (k *Key) Warning() string { return k.warning }

// String names the key by its thumbprint.
func (k Key) String() string {
	if k.private == nil {
		return "private key (none)"
	}
	return "private key (RSA, public part SHA-256 " + k.thumbprint + ")"
}

// Format writes String's text whatever the verb, so that %+v, %#v or %x cannot
// show the key.
func (k Key) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, k.String()) // fmt reports errors of the writer itself
}

// MarshalJSON is String's text as a JSON string.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }

// LogValue is String's text.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
