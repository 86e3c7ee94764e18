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
	ErrStakeRate            = register(19, codes.ResourceExhausted, "staked too often")                           // StakeRateLimitExceeded
	ErrUnstakeRate          = register(20, codes.ResourceExhausted, "unstaked too often")                         // UnstakeRateLimitExceeded
	ErrTakeTooLow           = register(21, codes.InvalidArgument, "take too low")                                 // DelegateTakeTooLow
	ErrTakeTooHigh          = register(22, codes.InvalidArgument, "take too high")                                // DelegateTakeTooHigh
	ErrDelegateRate         = register(23, codes.ResourceExhausted, "too soon after the last change as delegate") // DelegateTxRateLimitExceeded
	ErrSwapRate             = register(24, codes.ResourceExhausted, "too soon after the coldkey's last call")     // HotKeySetTxRateLimitExceeded
	ErrSameKey              = register(25, codes.InvalidArgument, "the two keys are the same")                    // NewHotKeyIsSameWithOld
	ErrHotkeyRegistered     = register(26, codes.AlreadyExists, "hotkey is registered on a subnet")               // HotKeyAlreadyRegisteredInSubNet
	ErrKeyInUse             = register(27, codes.AlreadyExists, "key is known to the ledger already")             // ours
	ErrSwapBalance          = register(28, codes.FailedPrecondition, "not enough balance for a key swap")         // NotEnoughBalanceToPaySwapHotKey
	ErrMaxCost              = register(29, codes.FailedPrecondition, "price above max_cost")                      // ours
	ErrAmountAndAll         = register(30, codes.InvalidArgument, "both an amount and all")                       // ours
	ErrNotRoot              = register(31, codes.PermissionDenied, "only root may do this")                       // BadOrigin
	ErrParams               = register(32, codes.InvalidArgument, "invalid stake parameters")                     // ours
	ErrSwapPending          = register(33, codes.FailedPrecondition, "a coldkey swap is announced")               // ours
	ErrNoSwap               = register(34, codes.NotFound, "no coldkey swap is announced")                        // ours
	ErrSwapEarly            = register(35, codes.FailedPrecondition, "the coldkey swap is not due yet")           // ours
)

func register(code uint32, grpc codes.Code, text string) *errorsmod.Error {
	return errorsmod.RegisterWithGRPCCode(ModuleName, code, grpc, text)
}
