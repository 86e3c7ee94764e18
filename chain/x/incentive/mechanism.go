package incentive

import (
	"context"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
)

// Mechanism is one way to turn what neurons say into pay (design decision 5). A subnet names
// its mechanism; the pipeline in begin.go is the same for all, so a new mechanism is one new
// implementation and one line where the app is wired.
//
// Begin opens a phase at height and says at which block it ends; 0 means never. Due says
// whether a phase is over. Settle judges it: it may read and write its own state through ctx,
// which is thrown away when it fails or panics.
type Mechanism interface {
	Name() string
	Begin(sub subnettypes.Subnet, state types.Emission, height uint64) uint64
	Due(state types.Emission, height uint64) bool
	Settle(ctx context.Context, snap Snapshot) (Settlement, error)
}

// Snapshot is what a mechanism is asked to judge: one subnet at one height, with the rao it may
// hand out.
type Snapshot struct {
	Subnet  subnettypes.Subnet
	Neurons []subnettypes.Neuron // by uid
	State   types.Emission       // before this settlement
	Height  uint64
	Amount  uint64 // rao, owner cut excluded
}

// Settlement is a mechanism's judgement. The rewards never exceed the snapshot's amount;
// Unissued is what is left of it and is never minted.
type Settlement struct {
	Rewards  []types.Reward
	Slashes  []Slash
	Unissued uint64 // rao
}

// Slash takes a share of the stake on a hotkey. No mechanism of this release slashes.
type Slash struct {
	Hotkey uint64 // hotkey id
	Amount uint64 // rao
}
