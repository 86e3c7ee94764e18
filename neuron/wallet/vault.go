package wallet

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Ansible Vault, read only (docs.ansible.com, "Ansible Vault payload format 1.1 - 1.2").
const (
	vaultPrefix = "$ANSIBLE_VAULT"
	vaultRounds = 10_000 // of PBKDF2-HMAC-SHA256
)

var errVault = errors.New("Ansible Vault file is damaged: restore the key from its mnemonic")

// openVault: a header line `$ANSIBLE_VAULT;version;AES256`, then in hex three lines of hex: salt, HMAC
// of the ciphertext, ciphertext in AES-256-CTR with PKCS#7 padding.
func openVault(password, raw []byte) ([]byte, error) {
	header, body, _ := bytes.Cut(raw, []byte("\n"))
	fields := bytes.Split(bytes.TrimSpace(header), []byte(";"))
	if len(fields) < 3 || string(fields[2]) != "AES256" {
		return nil, fmt.Errorf("Ansible Vault file without AES256 in its header; only versions 1.1 and 1.2 are read")
	}
	inner, err := unhex(bytes.Join(bytes.Fields(body), nil))
	if err != nil {
		return nil, errVault
	}
	parts := bytes.Split(inner, []byte("\n"))
	if len(parts) != 3 {
		return nil, errVault
	}
	for i := range parts {
		if parts[i], err = unhex(parts[i]); err != nil {
			return nil, errVault
		}
	}
	salt, mac, sealed := parts[0], parts[1], parts[2]
	derived, err := pbkdf2.Key(sha256.New, string(password), salt, vaultRounds, 32+32+aes.BlockSize)
	if err != nil {
		return nil, fmt.Errorf("stretch password: %w", err)
	}
	defer clear(derived)
	if !authentic(derived[32:64], sealed, mac) {
		return nil, ErrPassword
	}
	block, err := aes.NewCipher(derived[:32])
	if err != nil {
		return nil, err
	}
	cipher.NewCTR(block, derived[64:]).XORKeyStream(sealed, sealed)
	return unpad(sealed)
}

// authentic tells whether mac is the HMAC-SHA256 of message.
func authentic(key, message, mac []byte) bool {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return hmac.Equal(h.Sum(nil), mac)
}

func unhex(text []byte) ([]byte, error) {
	out := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(out, text); err != nil {
		clear(out)
		return nil, err
	}
	return out, nil
}
