package types

import (
	"bytes"

	"github.com/ergon-network/ergon/consensus/pow"
)

// validPublished tests what neurons and owners published and the blocks that work may be for:
// each list in its order, each entry valid and of something that is listed. Subnets and neurons
// have been tested.
func (g *GenesisState) validPublished() error {
	uids := make(map[uint32]uint32, len(g.Subnets)+1) // netuid -> n; looked up, never ranged over
	for _, s := range g.Subnets {
		uids[s.Netuid] = s.N
	}
	if err := validBlocks(g.Work); err != nil {
		return err
	}
	deposits, last := uint64(0), GenesisIdentity{}
	for i, gi := range g.Identities {
		_, exists := uids[gi.Netuid]
		switch {
		case (gi.Netuid == 0) != (gi.Coldkey != 0):
			return ErrGenesis.Wrapf("identity %d belongs to netuid %d and coldkey id %d; name one of them", i, gi.Netuid, gi.Coldkey)
		case i > 0 && (gi.Netuid < last.Netuid || gi.Netuid == last.Netuid && gi.Coldkey <= last.Coldkey):
			return ErrGenesis.Wrapf("identity of (%d, %d) after (%d, %d); list them in ascending order", gi.Netuid, gi.Coldkey, last.Netuid, last.Coldkey)
		case gi.Netuid != 0 && !exists:
			return ErrGenesis.Wrapf("identity of netuid %d belongs to no listed subnet", gi.Netuid)
		case gi.Identity.Deposit > maxRao-deposits:
			return ErrGenesis.Wrapf("identity of (%d, %d) holds %d rao: all together hold more than the supply cap", gi.Netuid, gi.Coldkey, gi.Identity.Deposit)
		}
		deposits += gi.Identity.Deposit
		if err := gi.Identity.Info.Validate(); err != nil {
			return ErrGenesis.Wrapf("identity of (%d, %d): %v", gi.Netuid, gi.Coldkey, err)
		}
		last = gi
	}
	if deposits != g.Network.Deposits {
		return ErrGenesis.Wrapf("network holds deposits of %d rao, the identities have %d", g.Network.Deposits, deposits)
	}
	return validCommitments(g.Commitments, uids)
}

func validCommitments(all []GenesisCommitment, uids map[uint32]uint32) error {
	for i, gc := range all {
		if i > 0 {
			if last := all[i-1]; gc.Netuid < last.Netuid || gc.Netuid == last.Netuid && gc.Uid <= last.Uid {
				return ErrGenesis.Wrapf("commitment of (%d, %d) after (%d, %d); list them in ascending order", gc.Netuid, gc.Uid, last.Netuid, last.Uid)
			}
		}
		if gc.Uid >= uids[gc.Netuid] {
			return ErrGenesis.Wrapf("commitment of (%d, %d) belongs to no listed neuron", gc.Netuid, gc.Uid)
		}
		if err := gc.Commitment.Validate(); err != nil {
			return ErrGenesis.Wrapf("commitment of (%d, %d): %v", gc.Netuid, gc.Uid, err)
		}
	}
	return nil
}

// validBlocks tests the ring: ascending blocks, each in a place of its own.
func validBlocks(all []WorkBlock) error {
	for i, b := range all {
		switch {
		case len(b.Hash) != pow.Size || len(b.Used)%pow.Size != 0:
			return ErrGenesis.Wrapf("work block %d: hash of %d and used work of %d bytes; both are in units of %d", b.Block, len(b.Hash), len(b.Used), pow.Size)
		case i > 0 && b.Block <= all[i-1].Block:
			return ErrGenesis.Wrapf("work block %d after %d; list them in ascending order", b.Block, all[i-1].Block)
		case b.Block-all[0].Block >= pow.MaxAge:
			return ErrGenesis.Wrapf("work blocks %d and %d are too far apart", all[0].Block, b.Block)
		}
	}
	return nil
}

// Holds tells whether work was used already.
func (b WorkBlock) Holds(seal [pow.Size]byte) bool {
	for used := b.Used; len(used) >= pow.Size; used = used[pow.Size:] {
		if bytes.Equal(used[:pow.Size], seal[:]) {
			return true
		}
	}
	return false
}
