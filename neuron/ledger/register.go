package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/pow"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/solver"
)

// Registrar is what a registration by work asks of the ledger; *client.Client is one.
type Registrar interface {
	Work(ctx context.Context, netuid uint16) (*subnettypes.QueryWorkResponse, error)
	RegisterPow(ctx context.Context, hotkey *keys.Pair, coldkey string, netuid uint16, block, nonce uint64, seal [pow.Size]byte) (uint16, *client.Receipt, error)
}

// ErrClosed: the subnet takes no proof of work.
var ErrClosed = errors.New("the subnet takes no proof of work")

// puzzle is the subnet's puzzle for a hotkey, always for the latest block.
func puzzle(chain Registrar, hotkey *keys.Pair, netuid uint16) func(context.Context) (solver.Task, error) {
	return func(ctx context.Context) (solver.Task, error) {
		w, err := chain.Work(ctx, netuid)
		switch {
		case err != nil:
			return solver.Task{}, err
		case !w.Open:
			return solver.Task{}, fmt.Errorf("%w: subnet %d; buy a uid instead, or ask its owner to set pow_registration_allowed", ErrClosed, netuid)
		case len(w.Hash) != pow.Size:
			return solver.Task{}, fmt.Errorf("the ledger gave a block hash of %d bytes", len(w.Hash))
		}
		p := pow.New([pow.Size]byte(w.Hash), [pow.Size]byte(hotkey.Public()), netuid)
		return solver.Task{Block: w.Block, Puzzle: p, Difficulty: w.Difficulty}, nil
	}
}

// RegisterByWork works until the hotkey has a uid of the subnet, owned by coldkey. Work that came too
// late is no failure, it goes on; work that lost its block to somebody else's is tried in the next.
// Any other refusal, and the end of ctx, is one.
func RegisterByWork(ctx context.Context, chain Registrar, hotkey *keys.Pair, coldkey string, netuid uint16, o solver.Options) (uint16, *client.Receipt, error) {
	for {
		found, err := solver.Solve(ctx, puzzle(chain, hotkey, netuid), o)
		if err != nil {
			return 0, nil, err
		}
		uid, receipt, err := hand(ctx, chain, hotkey, coldkey, netuid, found)
		if err == nil || !again(err) || ctx.Err() != nil {
			return uid, receipt, err
		}
	}
}

// hand gives a solution to the ledger, in the next block too if this one is full.
func hand(ctx context.Context, chain Registrar, hotkey *keys.Pair, coldkey string, netuid uint16, found solver.Solution) (uid uint16, r *client.Receipt, err error) {
	for range pow.MaxAge - 1 {
		uid, r, err = chain.RegisterPow(ctx, hotkey, coldkey, netuid, found.Block, found.Nonce, found.Seal)
		if !errors.Is(err, subnettypes.ErrTooManyRegistrationsThisBlock) {
			break
		}
	}
	return uid, r, err
}

// again tells whether new work can help.
func again(err error) bool {
	for _, e := range []error{
		client.ErrNotIncluded, subnettypes.ErrInvalidWorkBlock, subnettypes.ErrInvalidDifficulty, subnettypes.ErrTooManyRegistrationsThisBlock,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
