package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"sync"

	"sluice/internal/recent"
)

// keyring keeps parsed private keys: reading one costs as much as using it.
type keyring struct {
	once sync.Once
	kept recent.Map[*rsa.PrivateKey]
}

const keyCost = 4 << 10 // bytes, about what a parsed key takes

// rsa reads a private key. Its errors are for a reader who knows the text, and
// repeat nothing of it.
func (r *keyring) rsa(text, passphrase string) (*rsa.PrivateKey, error) {
	r.once.Do(func() { r.kept.Max = 256 * keyCost })
	d := digestOf(text, passphrase)
	if key, ok := r.kept.Get(d[:]); ok {
		return key, nil
	}
	key, err := parseKey(text, passphrase)
	if err == nil {
		r.kept.Put(d[:], key, keyCost)
	}
	return key, err
}

var (
	errNotPEM     = errors.New("is not a private key in PEM")
	errNotRSA     = errors.New("is not an RSA private key")
	errPassphrase = errors.New("is encrypted, and the passphrase does not open it")
)

// parseKey reads PKCS #8 and PKCS #1. Line ends may be written \n, and all of
// it may be in base64, as headers hold one line only.
func parseKey(text, passphrase string) (*rsa.PrivateKey, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "-----BEGIN") {
		if plain, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(plain)
		}
	}
	block, _ := pem.Decode([]byte(strings.NewReplacer(`\r`, "", `\n`, "\n").Replace(text) + "\n"))
	if block == nil {
		return nil, errNotPEM
	}
	der := block.Bytes
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY":
		plain, err := openPKCS8(der, passphrase)
		if err != nil {
			return nil, err
		}
		der = plain
	case x509.IsEncryptedPEMBlock(block): //nolint:staticcheck // the form of openssl genrsa, which Oracle's guide uses; it only opens what the caller holds
		plain, err := x509.DecryptPEMBlock(block, []byte(passphrase)) //nolint:staticcheck // the same
		if err != nil {
			return nil, errPassphrase
		}
		der = plain
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errNotPEM
	}
	if private, ok := key.(*rsa.PrivateKey); ok {
		return private, nil
	}
	return nil, errNotRSA
}

// signRS256 is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3).
func signRS256(key *rsa.PrivateKey, text string) ([]byte, error) {
	sum := sha256.Sum256([]byte(text))
	return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
}
