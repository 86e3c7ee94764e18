package types

// Event types. Addresses are SS58, amounts decimal rao.
const (
	EventHotkeyCreated = "HotkeyCreated" // hotkey, coldkey
	EventStakeAdded    = "StakeAdded"    // hotkey, coldkey, amount
	EventStakeRemoved  = "StakeRemoved"  // hotkey, coldkey, amount
	EventStakeReleased = "StakeReleased" // hotkey, coldkey, amount
	EventReleaseFailed = "ReleaseFailed" // hotkey, reason
	EventDelegateAdded = "DelegateAdded" // coldkey, hotkey, take
	EventRecycled      = "Recycled"      // coldkey, amount
	EventLocked        = "Locked"        // coldkey, amount
	EventUnlocked      = "Unlocked"      // coldkey, amount
)

// Event attributes.
const (
	AttributeHotkey  = "hotkey"
	AttributeColdkey = "coldkey"
	AttributeAmount  = "amount"
	AttributeTake    = "take"
	AttributeReason  = "reason"
)
