package audit

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"strconv"

	"github.com/ergon-network/ergon/chain/audit/books"
	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/chain/x/stake/pool"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
)

// Errors of Trace that a caller can act on.
var (
	ErrNoPayout = errors.New("no such payout")
	ErrNoReward = errors.New("no reward in this payout")
)

// Pay is the way of one uid's pay through the ledger. Amounts are rao, heights are blocks.
type Pay struct {
	Netuid uint16 `json:"netuid"`
	UID    uint16 `json:"uid"`
	Epoch  uint64 `json:"epoch"`
	Hotkey string `json:"hotkey"`

	// The whole subnet's epoch.
	AccruedFrom uint64 `json:"accrued_from,omitempty"` // first block; 0 where the record before is gone
	SettledAt   uint64 `json:"settled_at"`
	PaidAt      uint64 `json:"paid_at"`
	Accrued     uint64 `json:"accrued_rao,string"`
	OwnerCut    uint64 `json:"owner_cut_rao,string"`
	Owner       string `json:"owner,omitempty"`
	Miners      uint64 `json:"miners_rao,string"`
	Validators  uint64 `json:"validators_rao,string"`
	Unissued    uint64 `json:"unissued_rao,string"`

	// The uid's part, and who of its hotkey's backers got it.
	Miner      uint64 `json:"miner_rao,string"`
	Validator  uint64 `json:"validator_rao,string"`
	Delegate   bool   `json:"delegate"`
	Take       uint32 `json:"take"` // of 65535
	TakeRao    uint64 `json:"take_rao,string"`
	ToOwner    uint64 `json:"to_owner_rao,string"`
	Nominators uint64 `json:"to_nominators_rao,string"`

	OwnBefore  uint64 `json:"own_before_rao,string"`
	OwnAfter   uint64 `json:"own_after_rao,string"`
	PoolBefore uint64 `json:"pool_before_rao,string"`
	PoolAfter  uint64 `json:"pool_after_rao,string"`
}

// Trace follows what uid of a subnet earned in an epoch. The ledger keeps the newest payouts of a
// subnet: ErrNoPayout for an older one or one not paid yet, ErrNoReward for a uid that got nothing.
func Trace(ctx context.Context, l Ledger, netuid, uid uint16, epoch uint64) (*Pay, error) {
	kept, err := l.Payouts(ctx, netuid, books.Kept)
	if err != nil {
		return nil, err
	}
	at := -1
	for i := range kept {
		if kept[i].EpochIndex == epoch {
			at = i
		}
	}
	if at < 0 {
		return nil, notKept(netuid, epoch, kept)
	}
	pay, err := fromPayout(kept[at], uid)
	if err != nil {
		return nil, err
	}
	if pay.AccruedFrom, err = accruedFrom(ctx, l, netuid, kept, at); err != nil {
		return nil, err
	}
	return pay, pay.divide(ctx, l)
}

// LastEpoch is the newest epoch of a subnet that was paid.
func LastEpoch(ctx context.Context, l Ledger, netuid uint16) (uint64, error) {
	kept, err := l.Payouts(ctx, netuid, 1)
	if err != nil {
		return 0, err
	}
	if len(kept) == 0 {
		return 0, fmt.Errorf("%w: subnet %d has not paid any epoch yet; `ergon subnet metagraph %d` tells when the next ends", ErrNoPayout, netuid, netuid)
	}
	return kept[0].EpochIndex, nil
}

func notKept(netuid uint16, epoch uint64, kept []incentivetypes.PayoutInfo) error {
	if len(kept) == 0 {
		return fmt.Errorf("%w: subnet %d has not paid any epoch yet", ErrNoPayout, netuid)
	}
	return fmt.Errorf("%w: epoch %d of subnet %d; the ledger keeps epochs %d to %d, `ergon audit` reads the whole history",
		ErrNoPayout, epoch, netuid, kept[len(kept)-1].EpochIndex, kept[0].EpochIndex)
}

func fromPayout(k incentivetypes.PayoutInfo, uid uint16) (*Pay, error) {
	p := fromLedger(k)
	for _, r := range p.Rewards {
		if r.UID == uid {
			return &Pay{
				Netuid: uint16(k.Netuid), UID: uid, Epoch: p.Epoch, Hotkey: r.Hotkey,
				SettledAt: p.SettledAt, PaidAt: p.PaidAt, Accrued: p.Accrued, OwnerCut: p.OwnerCut, Owner: p.Owner,
				Miners: p.Miners, Validators: p.Validators, Unissued: p.Unissued, Miner: r.Miner, Validator: r.Validator,
			}, nil
		}
	}
	return nil, fmt.Errorf("%w: uid %d of subnet %d earned nothing in epoch %d, which paid %d uids; `ergon subnet metagraph %d` shows incentive and dividends",
		ErrNoReward, uid, k.Netuid, p.Epoch, len(p.Rewards), k.Netuid)
}

// accruedFrom is the block after the epoch before, or the first block of the subnet.
func accruedFrom(ctx context.Context, l Ledger, netuid uint16, kept []incentivetypes.PayoutInfo, at int) (uint64, error) {
	if at+1 < len(kept) {
		return kept[at+1].SettledAt + 1, nil
	}
	if kept[at].EpochIndex > 0 {
		return 0, nil
	}
	graph, err := l.Metagraph(ctx, netuid, false)
	if err != nil {
		return 0, err
	}
	return graph.Subnet.RegisteredAt + 1, nil
}

// divide splits the uid's part between the hotkey's owner and its nominators, as the ledger did:
// from the stake before this payout, which is that of the block before and what the paying block
// did to the hotkey earlier.
func (p *Pay) divide(ctx context.Context, l Ledger) error {
	block, err := l.Block(ctx, p.PaidAt)
	if err != nil {
		return err
	}
	name := p.nameThen(block)
	h, err := l.Hotkey(client.At(ctx, p.PaidAt-1), name)
	if err != nil {
		return fmt.Errorf("the stake before block %d: %w", p.PaidAt, err)
	}
	for _, e := range block.Begin {
		switch e.Type {
		case staketypes.EventStakeReleased:
			if hotkey, _ := books.Attribute(e, "hotkey"); hotkey == name {
				amount, _ := books.Attribute(e, "amount")
				rao, err := strconv.ParseUint(amount, 10, 64)
				if err != nil {
					return fmt.Errorf("block %d releases stake of %q: %w", p.PaidAt, amount, err)
				}
				h.Pool -= min(rao, h.Pool)
			}
		case incentivetypes.EventPayout:
			paid, err := books.ReadPayout(e)
			if err != nil {
				return err
			}
			netuid, _ := books.Attribute(e, "netuid")
			if netuid == fmt.Sprint(p.Netuid) && paid.Epoch == p.Epoch {
				p.credit(h)
				return nil
			}
			for _, r := range paid.Rewards {
				if r.Hotkey == name {
					share := nominators(h, r.Validator)
					h.Pool, h.Own = h.Pool+share, h.Own+r.Miner+r.Validator-share
				}
			}
		}
	}
	return fmt.Errorf("block %d has no event of the payout: the node's record is incomplete; ask another with --node", p.PaidAt)
}

// nameThen is the hotkey's address in the block that paid: it may have been swapped since.
func (p *Pay) nameThen(block client.Block) string {
	for _, e := range block.Begin {
		if e.Type != incentivetypes.EventPayout {
			continue
		}
		paid, err := books.ReadPayout(e)
		netuid, _ := books.Attribute(e, "netuid")
		if err != nil || netuid != fmt.Sprint(p.Netuid) || paid.Epoch != p.Epoch {
			continue
		}
		for _, r := range paid.Rewards {
			if r.UID == p.UID {
				return r.Hotkey
			}
		}
	}
	return p.Hotkey
}

func (p *Pay) credit(h *staketypes.QueryHotkeyResponse) {
	p.Nominators = nominators(h, p.Validator)
	p.ToOwner = p.Miner + p.Validator - p.Nominators
	p.Delegate, p.Take = h.Delegate, h.Take
	if h.Delegate {
		hi, lo := bits.Mul64(p.Validator, uint64(h.Take))
		p.TakeRao, _ = bits.Div64(hi, lo, pool.TakeUnit)
	}
	p.OwnBefore, p.PoolBefore = h.Own, h.Pool
	p.OwnAfter, p.PoolAfter = h.Own+p.ToOwner, h.Pool+p.Nominators
}

func nominators(h *staketypes.QueryHotkeyResponse, validator uint64) uint64 {
	if !h.Delegate {
		return 0
	}
	return pool.NominatorsPart(validator, h.Take, h.Own, h.Pool)
}
