package adminapi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

const (
	// minKeyBits is the least that RS256 allows (RFC 7518, section 3.3).
	minKeyBits = 2048

	wantedKey = "want an RSA private key in PEM (PKCS#8 or PKCS#1), as the Authgear portal hands it out"
)

// ParseKey reads an RSA private key of at least 2048 bits in PEM: PKCS#8 ("BEGIN
// PRIVATE KEY", which the portal of Authgear hands out) or PKCS#1 ("BEGIN RSA
// PRIVATE KEY"). Line breaks may be written as \n, as environment variables
// often hold them. Everything else is an error that names what was found and
// what is wanted; no error repeats any of the input.
func ParseKey(data []byte) (*Key, error) {
	data = cleanPEM(data)
	if len(data) == 0 {
		return nil, errors.New("found nothing, it is empty; " + wantedKey)
	}
	found := ""
	for rest := data; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		private, other, err := privateKey(block)
		if err != nil {
			return nil, err
		}
		if private != nil {
			return newKey(private)
		}
		if found == "" {
			found = other
		}
	}
	if found == "" {
		found = notPEM(data)
	}
	return nil, fmt.Errorf("found %s; %s", found, wantedKey)
}

// cleanPEM takes off what editors, shells and configuration files put around
// and into a PEM: a byte order mark, spaces, quotes, \n for line breaks.
func cleanPEM(data []byte) []byte {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	data = bytes.Trim(data, `"'`)
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte(`\r`), nil)
		data = bytes.ReplaceAll(data, []byte(`\n`), []byte("\n"))
	}
	return bytes.TrimSpace(data)
}

// privateKey is the RSA private key in a PEM block, or in words what the block
// is instead. Blocks of other sorts may stand before the key.
func privateKey(block *pem.Block) (private *rsa.PrivateKey, other string, err error) {
	if block.Headers["DEK-Info"] != "" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, "an encrypted private key, which needs a passphrase", nil
	}
	switch block.Type {
	case "PRIVATE KEY":
		return pkcs8Key(block.Bytes)
	case "RSA PRIVATE KEY":
		private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, "", fmt.Errorf("found an RSA private key (PKCS#1) that cannot be read: %w", err)
		}
		return private, "", nil
	case "ENCRYPTED PRIVATE KEY":
		return nil, "an encrypted private key, which needs a passphrase", nil
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return nil, "a public key", nil
	case "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE":
		return nil, "a certificate", nil
	case "EC PRIVATE KEY", "EC PARAMETERS":
		return nil, "an EC (elliptic curve) key", nil
	case "OPENSSH PRIVATE KEY":
		return nil, "an SSH key in OpenSSH's own format", nil
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return nil, "a certificate request", nil
	default:
		return nil, "a PEM block of another sort", nil
	}
}

func pkcs8Key(der []byte) (private *rsa.PrivateKey, other string, err error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, "", fmt.Errorf("found a private key (PKCS#8) that cannot be read: %w", err)
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		return key, "", nil
	case *ecdsa.PrivateKey:
		return nil, "an EC (elliptic curve) key", nil
	case ed25519.PrivateKey:
		return nil, "an Ed25519 key", nil
	default:
		return nil, "a private key that is not RSA", nil
	}
}

// notPEM says in words what data without any PEM block looks like.
func notPEM(data []byte) string {
	switch {
	case bytes.Contains(data, []byte("-----BEGIN")):
		return "the beginning of a PEM, but it is cut short or has lost its line breaks"
	case data[0] == '{':
		return "JSON, not PEM"
	case data[0] == 0x30:
		return "what looks like a key in binary (DER), not PEM"
	case bytes.HasSuffix(data, []byte(".pem")) && !bytes.ContainsRune(data, '\n'):
		return "what looks like the name of a file, not what is in it"
	default:
		return "something that is not PEM"
	}
}
