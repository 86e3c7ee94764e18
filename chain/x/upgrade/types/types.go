// Package types holds the messages, records and errors of the upgrade module.
package types

import (
	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

const (
	// ModuleName is the module's name.
	ModuleName = "upgrade"
	// StoreKey names the module's store.
	StoreKey = ModuleName
	// MaxName and MaxInfo bound a plan's texts, bytes.
	MaxName = 64
	MaxInfo = 1024
	// MaxAhead is how many blocks ahead an upgrade can be scheduled: about a year of 12 s blocks.
	MaxAhead = 2_628_000
)

// Prefixes of the module's store, in the order of README.md.
var (
	PlanPrefix    = collections.NewPrefix(0)
	VersionPrefix = collections.NewPrefix(1)
	DonePrefix    = collections.NewPrefix(2)
)

// Events.
const (
	EventScheduled = "UpgradeScheduled"
	EventCanceled  = "UpgradeCanceled"
	EventApplied   = "UpgradeApplied"
)

// Errors a caller can act on. The codes are part of the ledger's interface: never renumber.
var (
	ErrNotRoot = register(2, codes.PermissionDenied, "only root schedules upgrades")
	ErrPlan    = register(3, codes.InvalidArgument, "the plan makes no sense")
	ErrDone    = register(4, codes.AlreadyExists, "the ledger has gone through this upgrade")
	ErrNoPlan  = register(5, codes.NotFound, "no upgrade is scheduled")
	ErrGenesis = register(6, codes.InvalidArgument, "invalid upgrade genesis")
)

func register(code uint32, grpc codes.Code, text string) *errorsmod.Error {
	return errorsmod.RegisterWithGRPCCode(ModuleName, code, grpc, text)
}

// RegisterInterfaces makes the module's messages decodable inside transactions.
func RegisterInterfaces(r codectypes.InterfaceRegistry) {
	r.RegisterImplementations((*sdk.Msg)(nil), &MsgScheduleUpgrade{}, &MsgCancelUpgrade{})
	msgservice.RegisterMsgServiceDesc(r, &_Msg_serviceDesc)
}

// Validate checks what of a plan needs no ledger.
func (p Plan) Validate() error {
	if n := len(p.Name); n == 0 || n > MaxName {
		return ErrPlan.Wrapf("a name of %d bytes: use 1 to %d", n, MaxName)
	}
	if n := len(p.Info); n > MaxInfo {
		return ErrPlan.Wrapf("info of %d bytes: at most %d", n, MaxInfo)
	}
	return nil
}

// Validate checks a genesis: names once each.
func (g *GenesisState) Validate() error {
	if g.Plan != nil {
		if err := g.Plan.Validate(); err != nil {
			return ErrGenesis.Wrap(err.Error())
		}
	}
	seen := map[string]bool{}
	for _, v := range g.Versions {
		if v.Module == "" || seen[v.Module] {
			return ErrGenesis.Wrapf("module %q is listed twice or has no name", v.Module)
		}
		seen[v.Module] = true
	}
	clear(seen)
	for _, d := range g.Done {
		if d.Name == "" || seen[d.Name] {
			return ErrGenesis.Wrapf("upgrade %q is listed twice or has no name", d.Name)
		}
		seen[d.Name] = true
	}
	return nil
}
