package fees

import (
	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
)

// Codespace of the errors below.
const Codespace = "fees"

// Errors a caller can act on. The codes are part of the ledger's interface: never renumber.
var (
	ErrFeeTooLow = register(2, codes.FailedPrecondition, "the fee is too low")
	ErrFeeCoin   = register(3, codes.InvalidArgument, "fees are paid in rao, by the signer")
	ErrSigners   = register(4, codes.InvalidArgument, "a transaction has one signer")
	ErrTooMany   = register(5, codes.InvalidArgument, "too many calls in one transaction")
	ErrTooDeep   = register(6, codes.InvalidArgument, "calls wrapped too deep")
	ErrWaiting   = register(7, codes.AlreadyExists, "a free call of this kind waits already")
	ErrQuota     = register(8, codes.ResourceExhausted, "no free calls left")
	ErrFull      = register(9, codes.ResourceExhausted, "the node has too many calls waiting")
	ErrCannotPay = register(10, codes.FailedPrecondition, "the balance does not cover the fee")
)

func register(code uint32, grpc codes.Code, text string) *errorsmod.Error {
	return errorsmod.RegisterWithGRPCCode(Codespace, code, grpc, text)
}
