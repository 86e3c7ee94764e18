package subnet

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/pow"
)

// BeginBlock keeps the hash of this block, for work that later blocks bring: one key a block, in a
// ring of three. The hash comes with the decided block, so every node has it, also in replay; a
// node that joins by state-sync finds the others in the state.
func (k *Keeper) BeginBlock(ctx context.Context) error {
	hash := sdk.UnwrapSDKContext(ctx).HeaderInfo().Hash
	if len(hash) != pow.Size {
		return nil // driven by a test without blocks: there is nothing to work for
	}
	now := height(ctx)
	return k.work.Set(ctx, ring(now), types.WorkBlock{Block: now, Hash: hash})
}

// ring is the place of a block. A block is overwritten when it is MaxAge old, which is when work
// for it has stopped being accepted; what was used for it can go with it.
func ring(block uint64) uint16 { return uint16(block % pow.MaxAge) }

// work is a registration by proof of work, read from its message.
type work struct {
	hotkey, coldkey []byte
	netuid          uint16
	block, nonce    uint64
	seal            [pow.Size]byte
}

func (k *Keeper) readWork(m *types.MsgRegisterPow) (w work, err error) {
	if w.hotkey, err = k.account("hotkey", m.Hotkey); err != nil {
		return w, err
	}
	if w.coldkey, err = k.account("coldkey", m.Coldkey); err != nil {
		return w, err
	}
	if w.netuid, err = types.Netuid(m.Netuid); err != nil {
		return w, err
	}
	if len(m.Work) != pow.Size {
		return w, types.ErrInvalidSeal.Wrapf("work has %d bytes; give the seal, %d bytes", len(m.Work), pow.Size)
	}
	w.block, w.nonce, w.seal = m.BlockNumber, m.Nonce, [pow.Size]byte(m.Work)
	return w, nil
}

// CheckWork says whether a registration by proof of work would get its uid in block now, up to
// what only its execution can tell: who owns the hotkey and which slot is free. It returns the
// hotkey. It writes nothing and costs a few reads and hashes, the dear ones last.
func (k *Keeper) CheckWork(ctx context.Context, m *types.MsgRegisterPow, now uint64) ([]byte, error) {
	w, err := k.readWork(m)
	if err != nil {
		return nil, err
	}
	_, _, err = k.worth(ctx, w, now)
	return w.hotkey, err
}

// worth is the subnet and the block of work that is good in block now (chain §3.2).
func (k *Keeper) worth(ctx context.Context, w work, now uint64) (types.Subnet, types.WorkBlock, error) {
	s, err := k.open(ctx, w.netuid, byWork, now, w.hotkey)
	if err != nil {
		return s, types.WorkBlock{}, err
	}
	block, err := k.workBlock(ctx, w.block, now)
	if err != nil {
		return s, block, err
	}
	if !pow.Meets(w.seal, s.Terms.Difficulty) {
		return s, block, types.ErrInvalidDifficulty.Wrapf("the work does not meet the difficulty %d of subnet %d; go on working", s.Terms.Difficulty, w.netuid)
	}
	puzzle := pow.New([pow.Size]byte(block.Hash), [pow.Size]byte(w.hotkey), w.netuid)
	if puzzle.Seal(w.nonce) != w.seal {
		return s, block, types.ErrInvalidSeal.Wrapf("nonce %d gives another seal for block %d, this hotkey and subnet %d", w.nonce, w.block, w.netuid)
	}
	if block.Holds(w.seal) {
		return s, block, types.ErrWorkReused.Wrapf("this work for block %d got a uid already; find another nonce", w.block)
	}
	return s, block, nil
}

// workBlock is a block that work may be for in block now.
func (k *Keeper) workBlock(ctx context.Context, block, now uint64) (types.WorkBlock, error) {
	if !pow.Fresh(block, now) {
		return types.WorkBlock{}, types.ErrInvalidWorkBlock.Wrapf("work for block %d does not count in block %d, but work for one of the %d blocks before does",
			block, now, pow.MaxAge-1)
	}
	b, err := k.work.Get(ctx, ring(block))
	if errors.Is(err, collections.ErrNotFound) || err == nil && b.Block != block {
		return b, types.ErrInvalidWorkBlock.Wrapf("the hash of block %d is not known; work for the latest block", block)
	}
	return b, err
}

// RegisterPow gives a hotkey a uid for its work. Checks and errors in order: README.md.
func (k *Keeper) RegisterPow(ctx context.Context, m *types.MsgRegisterPow) (uint16, error) {
	w, err := k.readWork(m)
	if err != nil {
		return 0, err
	}
	s, block, err := k.worth(ctx, w, height(ctx))
	if err != nil {
		return 0, err
	}
	block.Used = append(block.Used, w.seal[:]...)
	if err := k.work.Set(ctx, ring(block.Block), block); err != nil {
		return 0, err
	}
	return k.enter(ctx, s, byWork, w.hotkey, w.coldkey)
}
