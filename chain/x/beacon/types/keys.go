// Package types holds the records of the beacon module and the form in which values travel.
package types

import (
	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
)

const (
	// ModuleName is the module's name.
	ModuleName = "beacon"
	// StoreKey names the module's store.
	StoreKey = ModuleName
)

// StatePrefix is where the only record lies.
var StatePrefix = collections.NewPrefix(0)

// Errors of the module. The codes are part of the ledger's interface: never renumber.
var (
	ErrGenesis   = errorsmod.RegisterWithGRPCCode(ModuleName, 2, codes.InvalidArgument, "invalid beacon genesis")
	ErrVotes     = errorsmod.RegisterWithGRPCCode(ModuleName, 3, codes.InvalidArgument, "the block's first entry does not hold its producers' values")
	ErrInvariant = errorsmod.RegisterWithGRPCCode(ModuleName, 4, codes.Internal, "invariant of the beacon module broken")
)
