package wallet

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"fmt"
	"math/big"
	"strings"

	"github.com/cosmos/go-bip39"

	"github.com/ergon-network/ergon/keys"
)

const (
	mnemonicBits  = 128  // of entropy: 12 words
	seedRounds    = 2048 // of PBKDF2 (wire §9)
	maxMnemonic   = 512  // characters; 24 words never need more
	checksumWords = 3    // a BIP-39 mnemonic has a multiple of three words
)

// NewMnemonic draws a fresh 12-word BIP-39 mnemonic from the system's randomness.
func NewMnemonic() (Secret, error) {
	entropy, err := bip39.NewEntropy(mnemonicBits)
	if err != nil {
		return Secret{}, fmt.Errorf("draw entropy for a mnemonic: %w", err)
	}
	defer wipe(entropy)
	words, err := bip39.NewMnemonic(entropy)
	if err != nil {
		return Secret{}, fmt.Errorf("write entropy as words: %w", err)
	}
	return Secret{words}, nil
}

// SeedFromMnemonic turns a mnemonic into the 32-byte mini secret the way Substrate does (wire §9):
// PBKDF2-HMAC-SHA512 over the BIP-39 *entropy*, salt "mnemonic"+password. Errors never quote words.
func SeedFromMnemonic(mnemonic, password Secret) ([]byte, error) {
	if len(mnemonic.text) > maxMnemonic {
		return nil, fmt.Errorf("a mnemonic has at most %d characters, got %d", maxMnemonic, len(mnemonic.text))
	}
	words := strings.Fields(strings.ToLower(mnemonic.text))
	if n := len(words); n < 12 || n > 24 || n%checksumWords != 0 {
		return nil, fmt.Errorf("a mnemonic has 12, 15, 18, 21 or 24 words, got %d", n)
	}
	packed, err := bip39.MnemonicToByteArray(strings.Join(words, " "))
	if err != nil {
		return nil, fmt.Errorf("mnemonic of %d words fails its checksum or uses an unknown word", len(words))
	}
	defer wipe(packed)
	entropy := dropChecksum(packed, len(words))
	defer wipe(entropy)
	seed, err := pbkdf2.Key(sha512.New, string(entropy), []byte("mnemonic"+password.text), seedRounds, 64)
	if err != nil {
		return nil, fmt.Errorf("stretch mnemonic: %w", err)
	}
	return seed[:keys.SeedSize], nil
}

// dropChecksum shifts the words' trailing checksum bits (one per three words) out of packed, which
// holds entropy||checksum as one big-endian number.
func dropChecksum(packed []byte, words int) []byte {
	number := new(big.Int).SetBytes(packed)
	number.Rsh(number, uint(words/checksumWords))
	return number.FillBytes(make([]byte, words*4/3)) // 11 bits a word, 32/33 of them entropy
}
