package types

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Address is how the engine names a producer: the first 20 bytes of its key's hash.
func (p Producer) Address() []byte {
	h := sha256.Sum256(p.PubKey)
	return h[:20]
}

// CheckName refuses a name that is too long.
func CheckName(name string) error {
	if len(name) > MaxName {
		return ErrName.Wrapf("%d bytes, at most %d", len(name), MaxName)
	}
	return nil
}

// CheckKey refuses what is not as long as an ed25519 key.
func CheckKey(key []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return ErrKey.Wrapf("%d bytes, want %d: take the value of pub_key in the node's config/priv_validator_key.json", len(key), ed25519.PublicKeySize)
	}
	return nil
}

// CheckPower refuses a power out of bounds.
func CheckPower(power int64) error {
	if power < 1 || power > MaxPower {
		return ErrPower.Wrapf("%d, want 1 to %d; to take a producer's votes away remove it", power, MaxPower)
	}
	return nil
}

// Tolerates is how many producers may crash, whichever they are, while those that are left hold
// more than two thirds of the power and make blocks.
func Tolerates(producers []Producer) int {
	powers := make([]int64, len(producers))
	var all int64
	for i, p := range producers {
		powers[i] = p.Power
		all += p.Power
	}
	slices.Sort(powers)
	left := all
	for n := 0; n < len(powers); n++ {
		left -= powers[len(powers)-1-n]
		if 3*left <= 2*all {
			return n
		}
	}
	return 0
}

// Tolerance says what Tolerates means in a sentence: "three producers tolerate no crash".
func Tolerance(producers []Producer) string {
	verb, crashes := "tolerate", "no crash"
	if len(producers) == 1 {
		verb = "tolerates"
	}
	switch n := Tolerates(producers); {
	case n == 1:
		crashes = "one crash"
	case n > 1:
		crashes = word(n) + " crashes"
	}
	noun := "producers"
	if len(producers) == 1 {
		noun = "producer"
	}
	return fmt.Sprintf("%s %s %s %s", word(len(producers)), noun, verb, crashes)
}

func word(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}
