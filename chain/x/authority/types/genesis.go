// Package types holds the records of the authority module and the rules for its genesis.
package types

import (
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
	ProducerPrefix = collections.NewPrefix(0) // position in the list -> Producer
	ParamsPrefix   = collections.NewPrefix(1) // Params
	BeforePrefix   = collections.NewPrefix(2) // ProducerList before the first change of this block; gone when it ends
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
		if err := p.Validate(); err != nil {
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

// Validate checks name, key and power, in this order.
func (p Producer) Validate() error {
	if err := CheckName(p.Name); err != nil {
		return err
	}
	if err := CheckKey(p.PubKey); err != nil {
		return err
	}
	return CheckPower(p.Power)
}
