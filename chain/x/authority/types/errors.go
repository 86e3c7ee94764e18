package types

import (
	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
)

// Errors a caller can act on. The codes are part of the ledger's interface: never renumber.
var (
	ErrNotRoot         = register(2, codes.PermissionDenied, "only root may do this")
	ErrName            = register(3, codes.InvalidArgument, "the producer's name is too long")
	ErrKey             = register(4, codes.InvalidArgument, "not an ed25519 public key")
	ErrPower           = register(5, codes.InvalidArgument, "voting power out of bounds")
	ErrKnown           = register(6, codes.AlreadyExists, "the key produces blocks already")
	ErrTooMany         = register(7, codes.ResourceExhausted, "there are as many producers as there may be")
	ErrUnknownProducer = register(8, codes.NotFound, "the key is no producer's")
	ErrLastProducer    = register(9, codes.FailedPrecondition, "the last producer cannot be removed")
	ErrRoot            = register(10, codes.InvalidArgument, "not an account that can be root")
	ErrInvariant       = register(11, codes.Internal, "invariant of the authority module broken")
	ErrUnchanged       = register(12, codes.AlreadyExists, "nothing would change")
)

func register(code uint32, grpc codes.Code, text string) *errorsmod.Error {
	return errorsmod.RegisterWithGRPCCode(ModuleName, code, grpc, text)
}
