package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // what a key was encrypted with is not ours to choose
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"
)

// The parts of an encrypted private key (RFC 5958, section 3) under PBES2 (RFC
// 8018, appendix A.4), which is what openssl writes today.
type (
	encrypted struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2 struct{ Derive, Cipher pkix.AlgorithmIdentifier }
	kdf   struct {
		Salt       []byte
		Iterations int
		Length     int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	aesSizes  = map[string]int{"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}
)

// maxIterations bounds the work a key can ask for; openssl writes 2048.
const maxIterations = 1_000_000

func openPKCS8(der []byte, passphrase string) ([]byte, error) {
	var e encrypted
	var p pbes2
	var d kdf
	var iv []byte
	if _, err := asn1.Unmarshal(der, &e); err != nil || !e.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, errNotPEM
	}
	if _, err := asn1.Unmarshal(e.Algorithm.Parameters.FullBytes, &p); err != nil || !p.Derive.Algorithm.Equal(oidPBKDF2) {
		return nil, errNotPEM
	}
	if _, err := asn1.Unmarshal(p.Derive.Parameters.FullBytes, &d); err != nil || d.Iterations < 1 || d.Iterations > maxIterations {
		return nil, errNotPEM
	}
	size := aesSizes[p.Cipher.Algorithm.String()]
	if _, err := asn1.Unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil || size == 0 || len(iv) != aes.BlockSize {
		return nil, errNotPEM
	}
	prf := func() hash.Hash { return sha1.New() } //nolint:gosec // the standard's default
	if d.PRF.Algorithm.Equal(oidSHA256) {
		prf = sha256.New
	}
	key, err := pbkdf2.Key(prf, passphrase, d.Salt, d.Iterations, size)
	if err != nil {
		return nil, errPassphrase
	}
	return decryptCBC(key, iv, e.Data)
}

func decryptCBC(key, iv, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errNotPEM
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errPassphrase
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, errPassphrase
		}
	}
	return plain[:len(plain)-pad], nil
}
