package issuance

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// ErrDistribute is wrapped by the errors of Distribute.
var ErrDistribute = errors.New("issuance: distribute")

// Take divides a validator's reward between its owner's take, of 65535, and the rest that is
// shared by stake (chain §1.6). The take is the exact floor.
func Take(validator uint64, take uint16) (owner, rest uint64) {
	owner = fixed.MulDiv(validator, uint64(take), 65535)
	return owner, validator - owner
}

// Reward is what one epoch gave a hotkey, in rao.
type Reward struct {
	Server    uint64 // earned as a server: all to the owner
	Validator uint64 // earned as a validator: shared with those who stake on it
	Take      uint16 // the owner's take of the validator part, of 65535
	Delegate  bool   // whether the hotkey shares at all
}

// Distribute appends to dst what each staker gets of a reward: stakes are those on the hotkey
// before the payout, owner is the index of its owner among them. Every share is the exact floor of
// its part; the owner gets the take, the server part and all rounding dust, so the payouts always
// sum to Server + Validator (chain §1.6). It fails when owner is no index of stakes or a sum
// exceeds 64 bits.
func Distribute(dst []uint64, reward Reward, owner int, stakes []uint64) ([]uint64, error) {
	if owner < 0 || owner >= len(stakes) {
		return dst, fmt.Errorf("%w: owner is staker %d of %d", ErrDistribute, owner, len(stakes))
	}
	amount, carry := bits.Add64(reward.Server, reward.Validator, 0)
	if carry != 0 {
		return dst, fmt.Errorf("%w: reward %d + %d exceeds 64 bits", ErrDistribute, reward.Server, reward.Validator)
	}
	var total uint64
	for i, stake := range stakes {
		if total, carry = bits.Add64(total, stake, 0); carry != 0 {
			return dst, fmt.Errorf("%w: stakes exceed 64 bits at staker %d", ErrDistribute, i)
		}
	}
	rest := uint64(0)
	if reward.Delegate {
		_, rest = Take(reward.Validator, reward.Take)
	}
	start, left := len(dst), amount
	for _, stake := range stakes {
		share := fixed.MulDiv(rest, stake, total) // 0 when nobody stakes
		dst = append(dst, share)
		left -= share
	}
	dst[start+owner] += left
	return dst, nil
}
