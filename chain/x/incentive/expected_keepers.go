package incentive

import (
	"context"

	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// StakeKeeper is what this module needs of x/stake: who a hotkey is, what backs it, and the one
// door through which rewards are minted.
type StakeKeeper interface {
	HotkeyID(ctx context.Context, account []byte) (uint64, bool, error)
	Hotkey(ctx context.Context, id uint64) (staketypes.Hotkey, error)
	StakeOf(ctx context.Context, hotkey uint64) (uint64, error)
	Coldkey(ctx context.Context, id uint64) ([]byte, error)
	Payout(ctx context.Context, credits []staketypes.Credit, owner, ownerCut uint64) error
	Issuance(ctx context.Context) (uint64, error)
}

// SubnetKeeper is what this module needs of x/subnet: the rules of a market and who holds its uids.
type SubnetKeeper interface {
	Get(ctx context.Context, netuid uint16) (subnettypes.Subnet, error)
	Each(ctx context.Context, visit func(subnettypes.Subnet) error) error
	Neurons(ctx context.Context, netuid uint16) ([]subnettypes.Neuron, error)
	UID(ctx context.Context, netuid uint16, hotkey uint64) (uint16, bool, error)
	Info(ctx context.Context, sub subnettypes.Subnet) (subnettypes.SubnetInfo, error)
	SettleTerms(ctx context.Context, netuid uint16) error
}

// Authority names the account with the powers of root.
type Authority interface {
	IsRoot(ctx context.Context, account []byte) (bool, error)
}
