// Package explorer shows a network: a page that updates by itself, the same as JSON, and the figures that account for every rao.
//
// A publisher hands a State to a Server whenever something changed; the explorer reads no ledger itself. State is plain data, so the
// page, the terminal (explorer/term) and the final report (NewReport) cannot disagree.
package explorer

import (
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a State. Bounded cuts what is larger: names and notes come from strangers and end up on a page.
const (
	maxText      = 160  // runes of a name, note or link
	maxSubnets   = 256  // as many as a ledger has
	maxNeurons   = 4096 // of one subnet
	maxHistory   = 48   // epochs of a sparkline, the newest are kept
	maxPayouts   = 64   // the newest are kept
	maxProcesses = 512
	maxLinks     = 32
)

// State is all that the explorer shows of a network at one height. The JSON names are stable: they are the API of /api/state.
type State struct {
	ChainID   string    `json:"chain_id"`
	Height    uint64    `json:"height"`
	Time      time.Time `json:"time"`             // of the block; zero before the first one
	Notice    string    `json:"notice,omitempty"` // what is going on now, such as "registering miners, 2 of 4"
	Totals    Totals    `json:"totals"`
	Subnets   []Subnet  `json:"subnets"`
	Payouts   []Payout  `json:"payouts"`   // oldest first
	Processes []Process `json:"processes"` // of a localnet; empty for a view on a network run by others
	Links     []Link    `json:"links"`
}

// Subnet is one market.
type Subnet struct {
	Netuid      uint16   `json:"netuid"`
	Name        string   `json:"name"`
	Market      string   `json:"market"`
	Profile     string   `json:"profile"`
	Tempo       uint64   `json:"tempo"`             // blocks between two epochs
	BlocksLeft  uint64   `json:"blocks_left"`       // to the next epoch
	Share       float64  `json:"share"`             // of the block emission, as root decided
	RateRao     uint64   `json:"rate_rao"`          // a block
	PendingRao  uint64   `json:"pending_rao"`       // accrued since the last epoch, not minted yet
	BurnRao     uint64   `json:"burn_rao"`          // price of a registration
	Neurons     []Neuron `json:"neurons"`           // by uid
	NeuronLimit uint64   `json:"neuron_limit"`      // places, 0 when unknown
	Recycled    uint64   `json:"recycled_rao"`      // burned by registrations here
	LastEpoch   uint64   `json:"last_epoch"`        // height, 0 before the first
	Weights     string   `json:"weights,omitempty"` // where hidden weights stand
	Note        string   `json:"note,omitempty"`    // what is wrong, such as "epoch failed: …"
}

// Role is what a neuron does.
type Role string

// The roles.
const (
	Miner     Role = "miner"
	Validator Role = "validator"
)

// Neuron is a miner or validator of a subnet.
type Neuron struct {
	UID       uint16   `json:"uid"`
	Hotkey    string   `json:"hotkey"` // SS58
	Name      string   `json:"name"`
	Role      Role     `json:"role"`
	Strategy  string   `json:"strategy"`
	Tasks     uint64   `json:"tasks"`       // answered (miner) or given (validator)
	Score     float64  `json:"score"`       // the validators' mean in the market's own unit, mostly 0 … 1
	Incentive float64  `json:"incentive"`   // share among miners, 0 … 1
	Dividends float64  `json:"dividends"`   // share among validators, 0 … 1
	EarnedRao uint64   `json:"earned_rao"`  // since genesis
	History   []uint64 `json:"history_rao"` // earned in each epoch, oldest first
	Online    bool     `json:"online"`
	Note      string   `json:"note,omitempty"` // why the score is what it is
}

// Payout is the money of one epoch of one subnet.
type Payout struct {
	Netuid        uint16 `json:"netuid"`
	Epoch         uint64 `json:"epoch"` // counted from 1
	Height        uint64 `json:"height"`
	MinersRao     uint64 `json:"miners_rao"`
	ValidatorsRao uint64 `json:"validators_rao"`
	OwnerRao      uint64 `json:"owner_rao"`
}

// Process is a child of a localnet.
type Process struct {
	Name     string    `json:"name"`
	PID      int       `json:"pid"`
	State    string    `json:"state"` // "running", "restarting", "failed", … as localnet/supervise names it
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since"`
}

// Link is an address worth knowing. URL is shown as a link only when it is http or https.
type Link struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Bounded returns a deep copy of s within the bounds above, with printable text, finite scores, shares in 0 … 1 and no nil list. The copy lets a
// publisher go on using its own.
func (s State) Bounded() State {
	s.ChainID, s.Notice = clean(s.ChainID), clean(s.Notice)
	s.Subnets = each(first(s.Subnets, maxSubnets), boundedSubnet)
	s.Payouts = each(last(s.Payouts, maxPayouts), func(p Payout) Payout { return p })
	s.Processes = each(first(s.Processes, maxProcesses), func(p Process) Process {
		p.Name, p.State = clean(p.Name), clean(p.State)
		return p
	})
	s.Links = each(first(s.Links, maxLinks), func(l Link) Link {
		return Link{Name: clean(l.Name), URL: clean(l.URL)}
	})
	return s
}

func boundedSubnet(s Subnet) Subnet {
	s.Name, s.Market, s.Profile = clean(s.Name), clean(s.Market), clean(s.Profile)
	s.Weights, s.Note = clean(s.Weights), clean(s.Note)
	s.Share = share(s.Share)
	s.Neurons = each(first(s.Neurons, maxNeurons), func(n Neuron) Neuron {
		n.Hotkey, n.Name, n.Strategy, n.Note = clean(n.Hotkey), clean(n.Name), clean(n.Strategy), clean(n.Note)
		n.Role = known(n.Role)
		n.Score, n.Incentive, n.Dividends = finite(n.Score), share(n.Incentive), share(n.Dividends)
		n.History = append([]uint64{}, last(n.History, maxHistory)...)
		return n
	})
	return s
}

func each[T any](list []T, f func(T) T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }

func last[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// known takes a neuron of another role for a miner, so that nobody is hidden.
func known(r Role) Role {
	if r == Validator {
		return Validator
	}
	return Miner
}

// finite keeps what JSON can write.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// share keeps what a bar can show.
func share(x float64) float64 { return min(max(finite(x), 0), 1) }

// clean makes text from strangers one printable line: no control characters, which move a terminal's cursor, and no direction marks,
// which reorder what follows them.
func clean(text string) string {
	if len(text) > maxText*utf8.UTFMax {
		text = text[:maxText*utf8.UTFMax]
	}
	runes := []rune(text)
	runes = slices.DeleteFunc(runes, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsPrint(r)
	})
	if len(runes) > maxText {
		runes = append(runes[:maxText-1], '…')
	}
	return string(runes)
}
