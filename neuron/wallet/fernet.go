package wallet

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// Fernet (its public specification, version 0x80), read only, under the key that Bittensor's first
// tools stretched from a password.
const (
	fernetPrefix  = "gAAAAA" // base64 of the version and a time's leading zeros
	fernetVersion = 0x80
	fernetHead    = 1 + 8 // version, seconds
	fernetSalt    = "Iguesscyborgslikemyselfhaveatendencytobeparanoidaboutourorigins"
	fernetRounds  = 10_000_000 // of PBKDF2-HMAC-SHA256: seconds of work
)

var errFernet = errors.New("Fernet file is damaged: restore the key from its mnemonic")

// openFernet: the first half of the key authenticates, the second decrypts.
func openFernet(password, raw []byte) ([]byte, error) {
	signed, sealed, mac, err := splitFernet(raw)
	if err != nil {
		return nil, err
	}
	key, err := pbkdf2.Key(sha256.New, string(password), []byte(fernetSalt), fernetRounds, 32)
	if err != nil {
		return nil, fmt.Errorf("stretch password: %w", err)
	}
	defer clear(key)
	if !authentic(key[:16], signed, mac) {
		return nil, ErrPassword
	}
	block, err := aes.NewCipher(key[16:])
	if err != nil {
		return nil, err
	}
	iv := signed[fernetHead : fernetHead+aes.BlockSize]
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(sealed, sealed)
	return unpad(sealed)
}

// splitFernet takes the token apart: base64url of version, time, IV, ciphertext in AES-128-CBC with
// PKCS#7 padding, and HMAC-SHA256 of all that.
func splitFernet(raw []byte) (signed, sealed, mac []byte, err error) {
	token, err := base64.URLEncoding.DecodeString(string(bytes.TrimSpace(raw)))
	if err != nil || len(token) < fernetHead+aes.BlockSize+sha256.Size || token[0] != fernetVersion {
		return nil, nil, nil, errFernet
	}
	at := len(token) - sha256.Size
	signed, mac = token[:at], token[at:]
	sealed = signed[fernetHead+aes.BlockSize:]
	if len(sealed)%aes.BlockSize != 0 {
		return nil, nil, nil, errFernet
	}
	return signed, sealed, mac, nil
}
