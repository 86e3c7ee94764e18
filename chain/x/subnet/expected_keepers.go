package subnet

import "context"

// Stake is what this module needs of the ledger's accounts. Accounts are 32-byte ids, amounts
// rao, hotkey and coldkey ids the ones stake gives out. Every method may return an error of
// the store; those named below are the caller's fault.
type Stake interface {
	// HotkeyID finds the id of a hotkey; false if it was never registered or staked to.
	HotkeyID(ctx context.Context, account []byte) (uint64, bool, error)
	// HotkeyAccount is the account of a known hotkey id.
	HotkeyAccount(ctx context.Context, id uint64) ([]byte, error)
	// HotkeyOwner is the coldkey id that owns a known hotkey id.
	HotkeyOwner(ctx context.Context, id uint64) (uint64, error)
	// EnsureOwned makes the owner record of a new hotkey, or tests that coldkey owns it and
	// fails with NonAssociatedColdKey. It returns the hotkey's id.
	EnsureOwned(ctx context.Context, hotkey, coldkey []byte) (uint64, error)
	// EnsureColdkey returns the coldkey's id, giving it one if it has none.
	EnsureColdkey(ctx context.Context, account []byte) (uint64, error)
	// ColdkeyID finds the id of a coldkey; false if it has none.
	ColdkeyID(ctx context.Context, account []byte) (uint64, bool, error)
	// Coldkey is the account of a known coldkey id.
	Coldkey(ctx context.Context, id uint64) ([]byte, error)
	// AddSlot and DropSlot count the uids a hotkey holds over all subnets. What losing the
	// last one means for the stake on it is stake's business (chain §3.5).
	AddSlot(ctx context.Context, hotkeyID uint64) error
	DropSlot(ctx context.Context, hotkeyID uint64) error
	// ForgetSlot counts a uid that ended with its subnet: the stake stays where it is, even if
	// this was the last (chain §3.6).
	ForgetSlot(ctx context.Context, hotkeyID uint64) error
	// StakeOf is all stake on a known hotkey, the owner's and the nominators', in rao.
	StakeOf(ctx context.Context, hotkeyID uint64) (uint64, error)
	// EnsureDelegate opens a hotkey to nominations at the default take if it is not yet a
	// delegate (chain §2.4 root_register: it starts no rate limit's clock).
	EnsureDelegate(ctx context.Context, hotkeyID uint64) error
	// Recycle burns an amount of a balance: it may be mined again (chain §1.3).
	Recycle(ctx context.Context, from []byte, amount uint64) error
	// Lock moves an amount out of a balance until the subnet it pays for dies (chain §3.6).
	Lock(ctx context.Context, from []byte, amount uint64) error
	// Unlock gives back an amount that Lock took.
	Unlock(ctx context.Context, to []byte, amount uint64) error
	// FreeBalance is what an account can spend, the existential deposit included.
	FreeBalance(ctx context.Context, account []byte) (uint64, error)
	// ExistentialDeposit is the part of a balance that payments leave behind.
	ExistentialDeposit(ctx context.Context) (uint64, error)
}

// Authority knows who root is: the account with the powers of governance.
type Authority interface {
	IsRoot(ctx context.Context, account []byte) (bool, error)
}

// Hooks is what this module tells, and asks, the module that runs the epochs. That one depends
// on this keeper, so it is set after both exist. An error fails the transaction.
type Hooks interface {
	// SubnetCreated comes after the subnet's record is stored: start its emission and epochs.
	SubnetCreated(ctx context.Context, netuid uint16) error
	// SubnetRemoved comes after a subnet's record and uids are gone, and before its lock returns:
	// erase everything kept under the netuid. What was settled already is paid.
	SubnetRemoved(ctx context.Context, netuid uint16) error
	// EmissionRate is what a subnet is given of the emission, rao a block.
	EmissionRate(ctx context.Context, netuid uint16) (uint64, error)
	// SlotFilled comes after a uid got a new holder: clear its rows, bonds, vectors and set
	// its last update to now. appended says that the uid is new, else its holder was replaced.
	// netuid 0 is root: its members have a row of weights over subnets and nothing else.
	SlotFilled(ctx context.Context, netuid, uid uint16, appended bool) error
	// Scores returns the pruning score and the emission (rao) of the last epoch, one per uid.
	Scores(ctx context.Context, netuid uint16) (pruning []uint16, emission []uint64, err error)
	// HyperChanged comes after the named hyperparameter is stored with a new value.
	HyperChanged(ctx context.Context, netuid uint16, name string) error
}
