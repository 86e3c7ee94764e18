package wallet

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/nacl/secretbox"
)

// Parameters of the encrypted form (wire §9): Argon2i v1.3, fixed by files that exist already.
const (
	kdfTime    = 8
	kdfKiB     = 512 << 10 // memory in KiB: 512 MiB
	kdfThreads = 1
	naclPrefix = "$NACL"
	nonceSize  = 24
	keySize    = 32
)

// kdfSalt is one salt for every file of the format; the password must carry the strength.
var kdfSalt = []byte{0x13, 0x71, 0x83, 0xdf, 0xf1, 0x5a, 0x09, 0xbc, 0x9c, 0x90, 0xb5, 0x51, 0x87, 0x39, 0xe9, 0xb1}

// legacyPrefixes are older encryptions which are recognised and refused by name.
var legacyPrefixes = map[string]string{"$ANSIBLE_VAULT": "Ansible Vault", "gAAAAA": "Fernet"}

func isEncrypted(raw []byte) bool { return bytes.HasPrefix(raw, []byte(naclPrefix)) }

func refuseLegacy(raw []byte) error {
	for prefix, name := range legacyPrefixes {
		if bytes.HasPrefix(raw, []byte(prefix)) {
			return fmt.Errorf("key file is encrypted with %s, which is not read; restore it from its mnemonic", name)
		}
	}
	return nil
}

// deriveKey stretches a password: seconds of work and 512 MiB.
func deriveKey(password []byte) *[keySize]byte {
	derived := argon2.Key(password, kdfSalt, kdfTime, kdfKiB, kdfThreads, keySize)
	defer wipe(derived)
	return (*[keySize]byte)(bytes.Clone(derived))
}

// seal encrypts plaintext as `$NACL`, nonce, secretbox.
func seal(key *[keySize]byte, plaintext []byte) ([]byte, error) {
	var nonce [nonceSize]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	out := append([]byte(naclPrefix), nonce[:]...)
	return secretbox.Seal(out, plaintext, &nonce, key), nil
}

// unseal opens what seal wrote. A wrong key and an altered file look alike: ErrPassword.
func unseal(key *[keySize]byte, raw []byte) ([]byte, error) {
	if len(raw) < len(naclPrefix)+nonceSize+secretbox.Overhead || !isEncrypted(raw) {
		return nil, fmt.Errorf("encrypted key file of %d bytes is cut short", len(raw))
	}
	box := raw[len(naclPrefix):]
	plaintext, ok := secretbox.Open(nil, box[nonceSize:], (*[nonceSize]byte)(box), key)
	if !ok {
		return nil, ErrPassword
	}
	return plaintext, nil
}

// EnvPassword reads a key file's password from the environment the way Bittensor's tools do
// (wire §9): BT_PW_ + path, base64 of the password XORed with the variable's own name. That hides it
// from a glance, not from a reader. It returns nil when the variable is unset or malformed.
func EnvPassword(path string) []byte {
	name := "BT_PW_" + strings.ToUpper(strings.NewReplacer("/", "_", ".", "_").Replace(path))
	raw, err := base64.StdEncoding.DecodeString(os.Getenv(name))
	if err != nil || len(raw) == 0 {
		return nil
	}
	for i := range raw {
		raw[i] ^= name[i%len(name)]
	}
	return raw
}
