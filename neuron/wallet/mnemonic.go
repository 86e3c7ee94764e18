package wallet

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"

	"github.com/cosmos/go-bip39"

	"github.com/ergon-network/ergon/keys"
)

const (
	entropySize = 16   // bytes of a fresh mnemonic: 12 words
	seedRounds  = 2048 // of PBKDF2 (wire §9)
	maxMnemonic = 512  // characters; 24 words never need more
	wordBits    = 11
)

// NewMnemonic draws a fresh 12-word BIP-39 mnemonic from the system's randomness.
func NewMnemonic() (Secret, error) {
	entropy := make([]byte, entropySize)
	defer clear(entropy)
	if _, err := rand.Read(entropy); err != nil {
		return Secret{}, fmt.Errorf("draw entropy for a mnemonic: %w", err)
	}
	return NewSecret(writeMnemonic(entropy)), nil
}

// SeedFromMnemonic turns a mnemonic into the 32-byte mini secret the way Substrate does (wire §9):
// PBKDF2-HMAC-SHA512 over the BIP-39 *entropy*, salt "mnemonic"+password. The caller wipes it. Errors
// never quote words.
func SeedFromMnemonic(mnemonic, password Secret) ([]byte, error) {
	entropy, err := readMnemonic(mnemonic.bytes())
	if err != nil {
		return nil, err
	}
	defer clear(entropy)
	salt := append([]byte("mnemonic"), password.bytes()...)
	defer clear(salt)
	seed, err := pbkdf2.Key(sha512.New, string(entropy), salt, seedRounds, 64)
	if err != nil {
		return nil, fmt.Errorf("stretch mnemonic: %w", err)
	}
	clear(seed[keys.SeedSize:])
	return seed[:keys.SeedSize], nil
}

// writeMnemonic writes entropy as words: eleven bits a word, the last ones with the first bits of the
// entropy's SHA-256 as a checksum (BIP-39).
func writeMnemonic(entropy []byte) []byte {
	packed := withChecksum(entropy)
	defer clear(packed)
	var text []byte
	for i := range len(entropy) * 3 / 4 {
		if i > 0 {
			text = append(text, ' ')
		}
		number := 0
		for bit := i * wordBits; bit < (i+1)*wordBits; bit++ {
			number = number<<1 | int(packed[bit/8]>>(7-bit%8)&1)
		}
		grown := append(text, bip39.WordList[number]...)
		if len(text) > 0 && &grown[0] != &text[0] {
			clear(text)
		}
		text = grown
	}
	return text
}

// readMnemonic reads a mnemonic's entropy. Words may be in capitals and any white space apart.
func readMnemonic(text []byte) ([]byte, error) {
	if len(text) > maxMnemonic {
		return nil, fmt.Errorf("a mnemonic has at most %d characters, got %d", maxMnemonic, len(text))
	}
	lower := bytes.ToLower(text)
	defer clear(lower)
	words := bytes.Fields(lower)
	if n := len(words); n < 12 || n > 24 || n%3 != 0 {
		return nil, fmt.Errorf("a mnemonic has 12, 15, 18, 21 or 24 words, got %d", n)
	}
	packed := make([]byte, (len(words)*wordBits+7)/8)
	defer clear(packed)
	for i, word := range words {
		number, known := bip39.ReverseWordMap[string(word)]
		if !known {
			return nil, fmt.Errorf("word %d of the mnemonic is not in the BIP-39 list; check its spelling", i+1)
		}
		for bit := range wordBits {
			at := i*wordBits + bit
			packed[at/8] |= byte(number>>(wordBits-1-bit)&1) << (7 - at%8)
		}
	}
	entropy := bytes.Clone(packed[:len(words)*4/3]) // 32 of 33 bits
	again := withChecksum(entropy)
	defer clear(again)
	if !bytes.Equal(again, packed) {
		clear(entropy)
		return nil, fmt.Errorf("the mnemonic of %d words fails its checksum: a word is wrong or out of order", len(words))
	}
	return entropy, nil
}

// withChecksum appends the checksum's bits, one for every 32 of entropy.
func withChecksum(entropy []byte) []byte {
	sum := sha256.Sum256(entropy)
	bits := len(entropy) / 4
	return append(bytes.Clone(entropy), sum[0]&^(0xff>>bits))
}
