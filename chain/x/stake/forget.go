package stake

import (
	"context"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

// ForgetSlot counts a uid that ended together with its subnet. Unlike DropSlot it leaves the
// stake where it is, even if this was the hotkey's last uid: nobody pushed the hotkey out
// (chain §3.6).
func (k Keeper) ForgetSlot(ctx context.Context, hotkeyID uint64) error {
	h, err := k.lessSlot(ctx, hotkeyID)
	if err != nil {
		return err
	}
	return k.setHotkey(ctx, h)
}

// lessSlot is the hotkey's record with a uid less, not stored.
func (k Keeper) lessSlot(ctx context.Context, hotkeyID uint64) (types.Hotkey, error) {
	h, err := k.Hotkey(ctx, hotkeyID)
	if err != nil {
		return h, err
	}
	if h.Slots == 0 {
		return h, types.ErrNoSlot.Wrapf("hotkey id %d", hotkeyID)
	}
	h.Slots--
	return h, nil
}
