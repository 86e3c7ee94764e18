package lab

import "github.com/ergon-network/ergon/consensus/yuma"

// Ledger is what a world needs of the ledger that its subnet is on. The pure one of this package moves
// what a subnet stores by the functions that the ledger calls; lab/onledger is the ledger itself. Calls
// come one after the other: Found, then for each epoch Register, Reveal, Weigh, Settle. What a player
// may not do is refused, which is no error: errors are of the ledger's own working.
type Ledger interface {
	// Found gives the first players their uids, in order, with their stakes in rao.
	Found(stake []uint64) error
	// Price is what a registration costs in this epoch, rao.
	Price() (uint64, error)
	// Register hands in applications for a uid, in order, all in one block. A full subnet prunes.
	Register(list []Application) ([]Admission, error)
	// Reveal opens the hidden rows whose epoch has come, as far as their validators may, in the order of
	// their uids.
	Reveal() ([]Ballot, error)
	// Weigh hands in rows, all in one block at a moment of the epoch, and tells which were taken.
	Weigh(votes []Ballot, part float64) ([]bool, error)
	// Settle ends the epoch and pays it.
	Settle() (*Settled, error)
	// Stake is what is behind each uid, rao. It is valid until the next call.
	Stake() []uint64
}

// Application is a player that wants a uid.
type Application struct {
	Player  int    // its place in the world
	Fresh   bool   // with a hotkey that nobody has seen; else with the one it had before
	MaxCost uint64 // rao
	Stakes  bool   // stakes again what was released when it lost its uid
}

// Admission is what became of an application.
type Admission struct {
	UID  int    // Refused without one
	Cost uint64 // rao
}

// Refused is the UID of an application that was.
const Refused = -1

// Ballot is a row of weights: the largest is 65535.
type Ballot struct {
	UID int // that sets it
	Row []yuma.Pair
}

// Settled is what an epoch decided, by uid.
type Settled struct {
	Miner, Validator            []uint64 // rao
	Owner, Unissued             uint64   // rao
	Incentive, Dividends, Trust []uint16 // of 65535
}

// Founding is what a ledger is opened with.
type Founding struct {
	Rules   Subnet
	UIDs    int // how many the subnet has at most
	Players int // how many there will be, those without a uid included
}
