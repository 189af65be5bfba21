package adminapi_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usersync/adminapi"
)

func TestParseKeyAccepts(t *testing.T) {
	t.Parallel()
	pkcs8 := string(testKeyPEM())
	private := rsaKey(t, testKeyPEM())
	pkcs1 := encodePEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private))
	for name, data := range map[string]string{
		"PKCS#8":                   pkcs8,
		"PKCS#1":                   pkcs1,
		"CRLF":                     strings.ReplaceAll(pkcs8, "\n", "\r\n"),
		"byte order mark":          "\xef\xbb\xbf" + pkcs8,
		"indented by a here-doc":   "\n\n  " + pkcs8 + "\n",
		"literal line breaks":      strings.ReplaceAll(pkcs8, "\n", `\n`),
		"quoted, literal breaks":   `"` + strings.ReplaceAll(pkcs8, "\n", `\n`) + `"`,
		"literal CRLF":             strings.ReplaceAll(pkcs8, "\n", `\r\n`),
		"text and another block":   "Key for staging\n" + encodePEM("CERTIFICATE", []byte("x")) + pkcs8,
		"no line break at the end": strings.TrimSpace(pkcs8),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := adminapi.ParseKey([]byte(data))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := key.Thumbprint(), thumbprint(t, private); got != want {
				t.Errorf("thumbprint %s, want %s", got, want)
			}
		})
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	private := rsaKey(t, testKeyPEM())
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ data, want string }{
		"empty":             {"", "found nothing"},
		"blank":             {" \n\t", "found nothing"},
		"public key":        {encodePEM("PUBLIC KEY", public), "found a public key"},
		"public key PKCS#1": {encodePEM("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&private.PublicKey)), "found a public key"},
		"certificate":       {certificate(t, private), "found a certificate"},
		"encrypted PKCS#8":  {encodePEM("ENCRYPTED PRIVATE KEY", []byte("x")), "found an encrypted private key"},
		"encrypted PKCS#1": {
			"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
			"found an encrypted private key",
		},
		"EC PKCS#8":        {pkcs8(t, ecKey(t)), "found an EC"},
		"EC SEC1":          {ecSEC1(t), "found an EC"},
		"EC with params":   {encodePEM("EC PARAMETERS", []byte("x")) + ecSEC1(t), "found an EC"},
		"Ed25519":          {pkcs8(t, edKey(t)), "found an Ed25519 key"},
		"OpenSSH":          {encodePEM("OPENSSH PRIVATE KEY", []byte("x")), "OpenSSH"},
		"small RSA":        {pkcs8(t, smallKey(t)), "1024 bits"},
		"request":          {encodePEM("CERTIFICATE REQUEST", []byte("x")), "certificate request"},
		"another block":    {encodePEM("DH PARAMETERS", []byte("x")), "another sort"},
		"broken PKCS#8":    {encodePEM("PRIVATE KEY", []byte("x")), "cannot be read"},
		"broken PKCS#1":    {encodePEM("RSA PRIVATE KEY", []byte("x")), "cannot be read"},
		"cut short":        {string(testKeyPEM()[:200]), "cut short"},
		"line breaks lost": {strings.ReplaceAll(string(testKeyPEM()), "\n", " "), "line breaks"},
		"JSON":             {`{"kty":"RSA"}`, "JSON"},
		"DER":              {string(public), "binary"},
		"file name":        {"/etc/usersync/private-key.pem", "name of a file"},
		"something else":   {"hunter2", "not PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := adminapi.ParseKey([]byte(c.data))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want it to say %q", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats its input: %q", err)
			}
		})
	}
}

func TestLoadKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "private-key.pem")
	if err := os.WriteFile(path, testKeyPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := adminapi.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if key.Warning() != "" {
		t.Errorf("a private file is warned of: %s", key.Warning())
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o644, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		key, err = adminapi.LoadKey(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(key.Warning(), path) || !strings.Contains(key.Warning(), "chmod 600") {
			t.Errorf("mode %o: warning %q", mode, key.Warning())
		}
	}
}

func TestLoadKeyRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := adminapi.LoadKey(filepath.Join(dir, "none.pem")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := adminapi.LoadKey(dir); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("directory: %v", err)
	}
	large := filepath.Join(dir, "large.pem")
	if err := os.WriteFile(large, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := adminapi.LoadKey(large); err == nil || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("large file: %v", err)
	}
	public := filepath.Join(dir, "public.pem")
	if err := os.WriteFile(public, []byte(encodePEM("PUBLIC KEY", []byte("x"))), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := adminapi.LoadKey(public)
	if err == nil || !strings.Contains(err.Error(), public) || !strings.Contains(err.Error(), "want an RSA private key") {
		t.Errorf("public key: %v", err)
	}
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func rsaKey(t *testing.T, data []byte) *rsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

func thumbprint(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return encodePEM("PRIVATE KEY", der)
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ecSEC1(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(ecKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return encodePEM("EC PRIVATE KEY", der)
}

func edKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func smallKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certificate(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return encodePEM("CERTIFICATE", der)
}
