package yuma

import (
	"fmt"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// Workspace is the memory of repeated epochs. The zero value is ready; after a few epochs of the
// same size another one allocates next to nothing. A Workspace is not for concurrent use.
type Workspace struct {
	Trace *Trace // filled by every epoch when set

	in  *Input
	n   int
	out Output

	permit []bool // permits this epoch works with

	clipped Matrix // weights bounded by the consensus
	bonding Matrix // weights that earn bonds
	bonds   Matrix // stored bonds
	delta   Matrix

	limits []uint64
	seen   []uint32
	order  []int

	columns columns
	merger  merger
	median  median
	liquid  liquid
}

// Epoch runs one epoch with memory of its own. See Workspace.Epoch.
func Epoch(in Input) (Output, error) {
	var ws Workspace
	out, err := ws.Epoch(&in)
	if err != nil {
		return Output{}, err
	}
	return *out, nil
}

// Epoch judges the input (yuma §4). The output shares the workspace's memory and is valid until
// its next epoch; an input must not hold rows of it. Every error wraps ErrInput and leaves no
// output.
func (w *Workspace) Epoch(in *Input) (*Output, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	w.in, w.n = in, len(in.Stake)
	w.activity()
	if err := w.stake(); err != nil {
		return nil, err
	}
	w.permits()
	w.activeStake()
	if err := w.weights(); err != nil {
		return nil, err
	}
	w.consensus()
	w.ranks()
	if err := w.dividends(); err != nil {
		return nil, err
	}
	w.emission()
	w.store()
	w.in = nil
	return &w.out, nil
}

// activity marks who set weights within the cutoff (yuma §4.1).
func (w *Workspace) activity() {
	w.out.Active = zeroed(w.out.Active, w.n)
	for i, updated := range w.in.LastUpdate {
		w.out.Active[i] = saturatingAdd(updated, w.in.ActivityCutoff) >= w.in.Block
	}
}

// stake normalises stake to shares (yuma §4.2): S_i = floor(2^32·stake_i / Σ stake), which is the
// I64F64 quotient cut to 32 fraction bits.
func (w *Workspace) stake() error {
	const limit = 1 << 63
	raw := &w.out.Raw
	raw.Stake = zeroed(raw.Stake, w.n)
	var total uint64
	for i, stake := range w.in.Stake {
		if !w.staked(i) {
			continue
		}
		if stake >= limit || total+stake >= limit {
			return fmt.Errorf("%w: stake of uid %d brings the sum to 2^63 rao or more", ErrInput, i)
		}
		total += stake
	}
	for i, stake := range w.in.Stake {
		if w.staked(i) {
			raw.Stake[i] = fixed.I32F32(fixed.MulDiv(stake, uint64(fixed.One), total))
		}
	}
	return nil
}

// staked tells whether uid i's stake counts: 2026 ignores stake under the threshold, except the
// owner's.
func (w *Workspace) staked(i int) bool {
	return w.in.Variant == V2024 || w.in.Stake[i] >= w.in.StakeThreshold || i == w.in.owner()
}

// permits finds the permits of this epoch and of the next (yuma §4.3).
func (w *Workspace) permits() {
	w.permit = append(w.permit[:0], w.in.Permit...)
	w.out.Permit = zeroed(w.out.Permit, w.n)
	for i, s := range w.out.Raw.Stake {
		w.out.Permit[i] = w.in.Variant == V2024 || s != 0
	}
	w.order = topK(w.out.Permit, w.out.Raw.Stake, int(w.in.MaxAllowedValidators), w.order)
	if owner := w.in.owner(); owner >= 0 {
		w.permit[owner], w.out.Permit[owner] = true, true
	}
}

// activeStake is the stake that votes: active and permitted, normalised again (yuma §4.4).
func (w *Workspace) activeStake() {
	raw := &w.out.Raw
	raw.ActiveStake = append(raw.ActiveStake[:0], raw.Stake...)
	for i := range raw.ActiveStake {
		if !w.out.Active[i] || !w.permit[i] {
			raw.ActiveStake[i] = 0
		}
	}
	normalize(raw.ActiveStake)
}

// weights reads the rows that count (yuma §4.5). A weight towards a uid counts only if the uid
// was registered before the row was set, and under commit-reveal no later than it was committed:
// both say that RegisteredAt must be below a limit of the row.
func (w *Workspace) weights() error {
	w.limits = append(w.limits[:0], w.in.weighedAt()...)
	if w.in.Variant == V2026 && w.in.CommitBlock != nil {
		for i, committed := range w.in.CommitBlock {
			w.limits[i] = min(w.limits[i], saturatingAdd(committed, 1))
		}
	}
	m := &w.out.Raw.Weights
	owner := w.in.owner()
	m.reset()
	w.seen = zeroed(w.seen, w.n)
	for i := range w.n {
		if w.permit[i] {
			self := i
			if i == owner {
				self = -1
			}
			if err := w.load(m, "weights", i, w.in.Weights.Row(i), w.limits[i], self); err != nil {
				return err
			}
		}
		m.close()
	}
	m.rowNormalize()
	return nil
}

// load appends the entries of a stored row that lead to a uid registered before limit, other than
// self, as integers. Entries towards uids that do not exist are ignored.
func (w *Workspace) load(m *Matrix, what string, row int, pairs []Pair, limit uint64, self int) error {
	stamp := uint32(row + 1)
	seen, registered, cells := w.seen, w.in.RegisteredAt, m.cells
	for _, p := range pairs {
		j := int(p.UID)
		if j >= len(seen) {
			continue
		}
		if seen[j] == stamp {
			return fmt.Errorf("%w: %s of uid %d name uid %d twice", ErrInput, what, row, j)
		}
		seen[j] = stamp
		if registered[j] < limit && j != self {
			cells = append(cells, Cell{p.UID, fixed.FromU16(p.Value)})
		}
	}
	m.cells = cells
	return nil
}

// consensus finds the weight each uid deserves in the eyes of a majority, and clips the rows to it
// (yuma §4.7).
func (w *Workspace) consensus() {
	raw := &w.out.Raw
	kappa := fixed.FromProportion(w.in.Kappa)
	raw.Consensus = w.median.columns(raw.Consensus, &raw.Weights, raw.ActiveStake, kappa, w.n)
	raw.Weights.clip(&w.clipped, raw.Consensus)
	raw.ValidatorTrust = w.clipped.rowSums(raw.ValidatorTrust)
}

// ranks turns clipped weights into incentive (yuma §4.6, §4.8).
func (w *Workspace) ranks() {
	raw := &w.out.Raw
	raw.Rank = w.clipped.columnProducts(raw.Rank, raw.ActiveStake, w.n)
	raw.Prerank, raw.Trust = raw.Prerank[:0], raw.Trust[:0]
	if w.in.Variant == V2024 {
		raw.Prerank = raw.Weights.columnProducts(raw.Prerank, raw.ActiveStake, w.n)
		raw.Trust = zeroed(raw.Trust, w.n)
		for j, before := range raw.Prerank {
			raw.Trust[j] = raw.Rank[j].Div(before)
		}
	}
	raw.Incentive = append(raw.Incentive[:0], raw.Rank...)
	normalize(raw.Incentive)
}

// emission divides the rao (yuma §4.10). When nobody has incentive or dividends all of it goes to
// the validators by active stake, or by stake when none is active.
func (w *Workspace) emission() {
	out, raw := &w.out, &w.out.Raw
	raw.EmissionShare = zeroed(raw.EmissionShare, w.n)
	for i := range raw.EmissionShare {
		raw.EmissionShare[i] = raw.Incentive[i] + raw.Dividends[i]
	}
	total := sum(raw.EmissionShare)
	if total == 0 {
		fallback := raw.ActiveStake
		if sum(fallback) == 0 {
			fallback = raw.Stake
		}
		copy(raw.EmissionShare, fallback)
	} else {
		normalize(raw.EmissionShare)
	}
	out.Server = zeroed(out.Server, w.n)
	out.Validator = zeroed(out.Validator, w.n)
	out.Emission = zeroed(out.Emission, w.n)
	divisor := fixed.NewDivisor(total)
	for i, share := range raw.EmissionShare {
		out.Emission[i] = fixed.Share(share, w.in.Emission)
		if total == 0 {
			out.Validator[i] = out.Emission[i]
			continue
		}
		out.Server[i] = fixed.Share(divisor.Div(raw.Incentive[i]), w.in.Emission)
		out.Validator[i] = fixed.Share(divisor.Div(raw.Dividends[i]), w.in.Emission)
	}
}

// store quantises the results (yuma §4.11).
func (w *Workspace) store() {
	out, raw := &w.out, &w.out.Raw
	out.Consensus = proportions(out.Consensus, raw.Consensus)
	out.Incentive = proportions(out.Incentive, raw.Incentive)
	out.Dividends = proportions(out.Dividends, raw.Dividends)
	out.ValidatorTrust = proportions(out.ValidatorTrust, raw.ValidatorTrust)
	out.Rank, out.Trust = out.Rank[:0], out.Trust[:0]
	out.PruningScores, out.StakeWeight = out.PruningScores[:0], out.StakeWeight[:0]
	switch w.in.Variant {
	case V2024:
		out.Rank = proportions(out.Rank, raw.Incentive)
		out.Trust = proportions(out.Trust, raw.Trust)
		out.PruningScores = maxUpscale(out.PruningScores, raw.EmissionShare)
	case V2026:
		out.StakeWeight = proportions(out.StakeWeight, raw.Stake)
	}
}
