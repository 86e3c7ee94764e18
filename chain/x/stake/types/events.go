package types

// Event types. Addresses are SS58, amounts decimal rao.
const (
	EventHotkeyCreated  = "HotkeyCreated"        // hotkey, coldkey
	EventStakeAdded     = "StakeAdded"           // hotkey, coldkey, amount
	EventStakeRemoved   = "StakeRemoved"         // hotkey, coldkey, amount
	EventStakeReleased  = "StakeReleased"        // hotkey, coldkey, amount
	EventReleaseFailed  = "ReleaseFailed"        // hotkey, reason
	EventStakeMoved     = "StakeMoved"           // coldkey, from, to, amount
	EventDelegateAdded  = "DelegateAdded"        // coldkey, hotkey, take
	EventTakeDecreased  = "TakeDecreased"        // coldkey, hotkey, take
	EventTakeIncreased  = "TakeIncreased"        // coldkey, hotkey, take
	EventHotkeySwapped  = "HotkeySwapped"        // coldkey, old, new, cost
	EventSwapScheduled  = "ColdkeySwapScheduled" // coldkey, new, due, cost
	EventSwapCancelled  = "ColdkeySwapCancelled" // coldkey, new
	EventColdkeySwapped = "ColdkeySwapped"       // coldkey, new, amount
	EventParamSet       = "StakeParamSet"        // name, old, new
	EventSweepStarted   = "SweepStarted"         // minimum
	EventSweepEnded     = "SweepEnded"           //
	EventRecycled       = "Recycled"             // coldkey, amount
	EventLocked         = "Locked"               // coldkey, amount
	EventUnlocked       = "Unlocked"             // coldkey, amount
)

// Event attributes.
const (
	AttributeHotkey  = "hotkey"
	AttributeColdkey = "coldkey"
	AttributeAmount  = "amount"
	AttributeTake    = "take"
	AttributeReason  = "reason"
	AttributeFrom    = "from"
	AttributeTo      = "to"
	AttributeOld     = "old"
	AttributeNew     = "new"
	AttributeCost    = "cost"
	AttributeDue     = "due"
	AttributeName    = "name"
	AttributeMinimum = "minimum"
)
