package types

import (
	errorsmod "cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
)

// Errors a caller can act on. The codes are part of the ledger's interface: never renumber. The
// name of the original's error, where there is one, is in the comment (chain §2.3, §2.4).
var (
	ErrAmountZero = register(2, codes.InvalidArgument, "the amount must not be 0") // StakeToWithdrawIsZero
	// NotEnoughBalanceToStake, ZeroBalanceAfterWithdrawn
	ErrNotEnoughBalance     = register(3, codes.FailedPrecondition, "not enough balance")
	ErrHotkeyNotFound       = register(4, codes.NotFound, "hotkey is not known to the ledger")                     // HotKeyAccountNotExists
	ErrNotDelegate          = register(5, codes.FailedPrecondition, "hotkey takes no nominations")                 // HotKeyNotDelegateAndSignerNotOwnHotKey
	ErrNominationTooSmall   = register(6, codes.FailedPrecondition, "nomination below the minimum")                // NomStakeBelowMinimumThreshold
	ErrNotEnoughStake       = register(7, codes.FailedPrecondition, "not enough stake")                            // NotEnoughStakeToWithdraw
	ErrNonAssociatedColdkey = register(8, codes.PermissionDenied, "coldkey does not own the hotkey")               // NonAssociatedColdKey
	ErrAlreadyDelegate      = register(9, codes.AlreadyExists, "hotkey is a delegate already")                     // HotKeyAlreadyDelegate
	ErrReleasing            = register(10, codes.FailedPrecondition, "hotkey is paying its nominators back")       // ours
	ErrPoolCoarse           = register(11, codes.FailedPrecondition, "the hotkey's shares are too dear to divide") // ours
	ErrAccount              = register(12, codes.InvalidArgument, "not an account")
	ErrColdkeyNotFound      = register(13, codes.NotFound, "coldkey is not known to the ledger")
	ErrOverflow             = register(14, codes.OutOfRange, "amount exceeds 64 bits")
	ErrNoSlot               = register(15, codes.Internal, "hotkey holds no uid")
	ErrGenesis              = register(16, codes.InvalidArgument, "invalid stake genesis")
	ErrInvariant            = register(17, codes.Internal, "invariant of the stake module broken")
	ErrTooMany              = register(18, codes.ResourceExhausted, "too many entries for one query")
)

func register(code uint32, grpc codes.Code, text string) *errorsmod.Error {
	return errorsmod.RegisterWithGRPCCode(ModuleName, code, grpc, text)
}
