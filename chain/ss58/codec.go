// Package ss58 is the border between the SDK's bech32 addresses and the SS58 addresses people
// see (design 3). Codec reads both forms and writes bech32, for the SDK's plumbing; a Rewriter
// turns the bech32 addresses inside any text or JSON on its way out into SS58.
package ss58

import (
	"errors"
	"fmt"
	"strings"

	"cosmossdk.io/core/address"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/ergon-network/ergon/keys"
)

// HRP is the bech32 prefix of every address the SDK writes for this ledger.
const HRP = "ergon"

// Lengths of an address in bytes: an account id is a public key, a module address a hash.
const (
	accountSize = keys.PublicSize
	moduleSize  = 20
)

// ErrAddress is wrapped by every error of this package.
var ErrAddress = errors.New("not an address")

// Codec is an address.Codec that reads SS58 (32 bytes) and bech32 (32 bytes, or the 20 of a
// module account) and writes bech32. The zero value is ready to use.
type Codec struct{}

var _ address.Codec = Codec{}

// NewCodec returns a Codec as the interface the SDK's constructors take.
func NewCodec() address.Codec { return Codec{} }

// StringToBytes reads either form. Only the canonical spelling of an address is accepted, so that
// one account has exactly two.
func (Codec) StringToBytes(text string) ([]byte, error) {
	if !strings.HasPrefix(text, marker) {
		id, err := keys.ParseSS58(text)
		if err != nil {
			return nil, fmt.Errorf("%w: neither SS58 nor bech32 with prefix %s: %w", ErrAddress, HRP, err)
		}
		return id, nil
	}
	if len(text) != accountText && len(text) != moduleText {
		return nil, fmt.Errorf("%w: bech32 text of %d characters, an account has %d and a module %d",
			ErrAddress, len(text), accountText, moduleText)
	}
	raw, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrAddress, text, err)
	}
	return raw, nil
}

// BytesToString writes bech32. As the SDK's codecs do, it writes nothing for no bytes.
func (Codec) BytesToString(raw []byte) (string, error) {
	switch len(raw) {
	case 0:
		return "", nil
	case accountSize, moduleSize:
		return bech32.ConvertAndEncode(HRP, raw)
	}
	return "", fmt.Errorf("%w: %d bytes, an account has %d and a module %d", ErrAddress, len(raw), accountSize, moduleSize)
}

// decode reads a bech32 address whose length the caller has checked.
func decode(text string) ([]byte, error) {
	hrp, raw, err := bech32.DecodeAndConvert(text)
	if err != nil {
		return nil, err
	}
	if hrp != HRP || (len(raw) != accountSize && len(raw) != moduleSize) {
		return nil, fmt.Errorf("prefix %s with %d bytes", hrp, len(raw))
	}
	if again, err := bech32.ConvertAndEncode(HRP, raw); err != nil || again != text {
		return nil, errors.New("not the canonical form")
	}
	return raw, nil
}
