package wallet

import (
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/nacl/secretbox"
)

// Parameters of the compatible form (wire §9): Argon2i v1.3, fixed by files that exist already.
const (
	kdfTime    = 8
	kdfKiB     = 512 << 10 // memory in KiB: 512 MiB
	kdfThreads = 1
	naclPrefix = "$NACL"
	nonceSize  = 24
	keySize    = 32
	minNacl    = len(naclPrefix) + nonceSize + secretbox.Overhead
)

var errShort = errors.New("encrypted key file is cut short: restore the key from its mnemonic")

// kdfSalt is one salt for every file of the format; the password must carry the strength.
var kdfSalt = []byte{0x13, 0x71, 0x83, 0xdf, 0xf1, 0x5a, 0x09, 0xbc, 0x9c, 0x90, 0xb5, 0x51, 0x87, 0x39, 0xe9, 0xb1}

// naclKey stretches a password: seconds of work and 512 MiB.
func naclKey(password []byte) *[keySize]byte {
	return (*[keySize]byte)(argon2.Key(password, kdfSalt, kdfTime, kdfKiB, kdfThreads, keySize))
}

func sealNacl(password, plain []byte) ([]byte, error) {
	key := naclKey(password)
	defer clear(key[:])
	return sealBox(key, plain)
}

func openNacl(password, raw []byte) ([]byte, error) {
	if len(raw) < minNacl {
		return nil, errShort // before seconds of work
	}
	key := naclKey(password)
	defer clear(key[:])
	return openBox(key, raw)
}

// sealBox encrypts as `$NACL`, nonce, secretbox.
func sealBox(key *[keySize]byte, plain []byte) ([]byte, error) {
	var nonce [nonceSize]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	out := append([]byte(naclPrefix), nonce[:]...)
	return secretbox.Seal(out, plain, &nonce, key), nil
}

// openBox opens what sealBox wrote.
func openBox(key *[keySize]byte, raw []byte) ([]byte, error) {
	if len(raw) < minNacl || FormOf(raw) != Compatible {
		return nil, errShort
	}
	box := raw[len(naclPrefix):]
	plain, ok := secretbox.Open(nil, box[nonceSize:], (*[nonceSize]byte)(box), key)
	if !ok {
		return nil, ErrPassword
	}
	return plain, nil
}
