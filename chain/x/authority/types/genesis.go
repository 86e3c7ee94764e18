// Package types holds the records of the authority module and the rules for its genesis.
package types

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/keys"
)

const (
	// ModuleName is the module's name.
	ModuleName = "authority"
	// StoreKey names the module's store.
	StoreKey = ModuleName
)

// Prefixes of the store.
var (
	ProducerPrefix = collections.NewPrefix(0) // position in the genesis list -> Producer
	ParamsPrefix   = collections.NewPrefix(1) // Params
)

// Bounds of the set. Every producer votes on every block, so their number bounds the traffic and
// the size of a commit; together the powers stay far below CometBFT's limit of 2^60.
const (
	MaxProducers = 128
	MaxPower     = 1_000_000_000
	MaxName      = 64 // bytes
)

// ErrGenesis is wrapped by every error of Validate.
var ErrGenesis = errors.New("invalid authority genesis")

// DefaultGenesis is empty and not valid: who produces blocks cannot be guessed.
func DefaultGenesis() *GenesisState { return &GenesisState{} }

// Validate checks that there are between 1 and MaxProducers producers, each with its own 32-byte
// ed25519 key, a power from 1 to MaxPower and a name of at most MaxName bytes.
func (g *GenesisState) Validate() error {
	if n := len(g.Producers); n == 0 || n > MaxProducers {
		return fmt.Errorf("%w: %d producers, want 1 to %d: list who produces blocks", ErrGenesis, n, MaxProducers)
	}
	seen := make(map[string]struct{}, len(g.Producers))
	for i, p := range g.Producers {
		if err := p.validate(); err != nil {
			return fmt.Errorf("%w: producer %d: %w", ErrGenesis, i, err)
		}
		if _, twice := seen[string(p.PubKey)]; twice {
			return fmt.Errorf("%w: producer %d: key %x is listed twice: one producer, one key", ErrGenesis, i, p.PubKey)
		}
		seen[string(p.PubKey)] = struct{}{}
	}
	if err := g.Params.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrGenesis, err)
	}
	return nil
}

// Validate checks that root is an SS58 address or empty.
func (p Params) Validate() error {
	if p.Root == "" {
		return nil
	}
	if _, err := keys.ParseSS58(p.Root); err != nil {
		return fmt.Errorf("root: %w", err)
	}
	return nil
}

func (p Producer) validate() error {
	if len(p.Name) > MaxName {
		return fmt.Errorf("name of %d bytes, at most %d", len(p.Name), MaxName)
	}
	if len(p.PubKey) != ed25519.PublicKeySize {
		return fmt.Errorf("key of %d bytes, an ed25519 key has %d", len(p.PubKey), ed25519.PublicKeySize)
	}
	if p.Power < 1 || p.Power > MaxPower {
		return fmt.Errorf("power %d, want 1 to %d", p.Power, MaxPower)
	}
	return nil
}
