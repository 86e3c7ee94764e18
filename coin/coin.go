// Package coin reads and writes amounts of money exactly. Amounts are whole numbers of rao,
// 1 TAO = 1e9 rao (chain §1.1); nothing here is ever a floating point number.
package coin

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// TAO is the number of rao in one TAO.
const TAO uint64 = 1_000_000_000

// decimals is how many digits a TAO amount may have after the point.
const decimals = 9

// maxText bounds what Parse looks at: the largest amount has 20 digits, a point and a unit.
const maxText = 64

// ErrAmount is wrapped by every error of Parse.
var ErrAmount = errors.New("not an amount")

// Parse reads "1.5" and "1.5tao" (TAO, at most nine decimals) or "1500000000rao" (whole rao) into
// rao. Units may be upper case and may follow a space. Signs, exponents, digit groups, a missing
// digit on either side of the point and amounts over 2^64-1 rao are refused with ErrAmount.
func Parse(text string) (uint64, error) {
	if len(text) > maxText {
		return 0, fmt.Errorf("%w: %.20q… has %d characters; write for instance 1.5 or 1500000000rao", ErrAmount, text, len(text))
	}
	number, unit := split(strings.TrimSpace(text))
	switch strings.ToLower(unit) {
	case "", "tao":
		return parseTAO(text, number)
	case "rao":
		return parseRao(text, number)
	}
	return 0, fmt.Errorf("%w: %q has the unit %q; use tao or rao, for instance 1.5tao", ErrAmount, text, unit)
}

// split cuts the unit off: everything from the first letter on.
func split(text string) (number, unit string) {
	at := strings.IndexFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	if at < 0 {
		return text, ""
	}
	return strings.TrimSuffix(text[:at], " "), text[at:]
}

func parseTAO(text, number string) (uint64, error) {
	whole, fraction, point := strings.Cut(number, ".")
	if !digits(whole) || point && !digits(fraction) {
		return 0, malformed(text, number)
	}
	if len(fraction) > decimals {
		return 0, fmt.Errorf("%w: %q has %d decimals, a rao is the ninth; give at most %d", ErrAmount, text, len(fraction), decimals)
	}
	tao, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || tao > math.MaxUint64/TAO {
		return 0, tooLarge(text)
	}
	rao, err := strconv.ParseUint((fraction + "000000000")[:decimals], 10, 64)
	if err != nil {
		return 0, malformed(text, number)
	}
	sum := tao*TAO + rao
	if sum < rao {
		return 0, tooLarge(text)
	}
	return sum, nil
}

func parseRao(text, number string) (uint64, error) {
	if strings.Contains(number, ".") {
		return 0, fmt.Errorf("%w: %q divides a rao, which is the smallest unit; give a whole number of rao", ErrAmount, text)
	}
	if !digits(number) {
		return 0, malformed(text, number)
	}
	rao, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0, tooLarge(text)
	}
	return rao, nil
}

func malformed(text, number string) error {
	if strings.HasPrefix(number, "-") {
		return fmt.Errorf("%w: %q is negative; give an amount of 0 or more", ErrAmount, text)
	}
	return fmt.Errorf("%w: %q is not a plain decimal number; write for instance 1.5 or 1500000000rao", ErrAmount, text)
}

func tooLarge(text string) error {
	return fmt.Errorf("%w: %q is more rao than 64 bits hold; there are only 21000000 TAO", ErrAmount, text)
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// Format writes rao in full: "1.500000000 TAO".
func Format(rao uint64) string { return Decimal(rao) + " TAO" }

// Decimal writes rao as a TAO number with all nine decimals and no unit, for columns.
func Decimal(rao uint64) string { return fmt.Sprintf("%d.%09d", rao/TAO, rao%TAO) }

// Short writes rao as a TAO number without trailing zeros: "1.5", "21", "0.000000001". It is
// exact, and Parse reads it back.
func Short(rao uint64) string {
	return strings.TrimSuffix(strings.TrimRight(Decimal(rao), "0"), ".")
}
