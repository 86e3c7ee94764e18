package yuma

import "github.com/ergon-network/ergon/consensus/fixed"

// dividends rewards validators for having bonded early to what the consensus now ranks high
// (yuma §4.9).
func (w *Workspace) dividends() error {
	if err := w.loadBonds(); err != nil {
		return err
	}
	w.bondingWeights()
	if w.in.Variant == V2026 && w.in.Yuma3 {
		w.yuma3Bonds()
	} else {
		w.classicBonds()
	}
	return nil
}

// loadBonds reads the stored bonds that still hold. A registration voids bonds towards its uid:
// in 2024 when it came at or after the validator's last weights, in 2026 after the last epoch.
func (w *Workspace) loadBonds() error {
	w.bonds.reset()
	w.seen = zeroed(w.seen, w.n)
	limit := w.in.lastTempo()
	for i := range w.n {
		if w.in.Variant == V2024 {
			limit = w.in.weighedAt()[i]
		}
		if err := w.load(&w.bonds, "bonds", i, w.in.Bonds.Row(i), limit, -1); err != nil {
			return err
		}
		w.bonds.close()
	}
	return nil
}

// bondingWeights chooses the weights that earn bonds: the clipped ones, or under a partial
// penalty something between submitted and clipped.
func (w *Workspace) bondingWeights() {
	submitted := &w.out.Raw.Weights
	w.trace(func(t *Trace) { t.Clipped.copyFrom(&w.clipped) })
	switch {
	case w.in.Variant == V2024 || w.in.BondsPenalty == 65535:
		w.bonding, w.clipped = w.clipped, w.bonding // clipped is not needed any more
	case w.in.BondsPenalty == 0:
		w.bonding.copyFrom(submitted)
	default:
		w.merger.interpolate(&w.bonding, submitted, &w.clipped, fixed.FromProportion(w.in.BondsPenalty))
	}
	w.trace(func(t *Trace) {
		t.Bonding.copyFrom(&w.bonding)
		t.Speed = w.alpha()
	})
}

// alpha is the weight of the new bonds: one minus the moving average, which is truncated first.
func (w *Workspace) alpha() fixed.I32F32 { return bondsAlpha(w.in.BondsMovingAverage) }

func bondsAlpha(movingAverage uint64) fixed.I32F32 {
	share := fixed.I64F64FromUint64(movingAverage).Div(fixed.I64F64FromUint64(BondsScale))
	return fixed.One - share.I32F32()
}

// classicBonds are shares of a column: each epoch moves them towards the validators' stake-weighted
// weights, and dividends are what the bonded servers earn.
func (w *Workspace) classicBonds() {
	raw, delta := &w.out.Raw, &w.bonding
	w.columns.normalize(&w.bonds, w.n)
	w.trace(func(t *Trace) { t.BondsNorm.copyFrom(&w.bonds) })

	delta.rowHadamard(raw.ActiveStake)
	w.trace(func(t *Trace) { t.BondsDelta.copyFrom(delta) })
	w.columns.normalize(delta, w.n)
	w.trace(func(t *Trace) { t.BondsDeltaNorm.copyFrom(delta) })

	w.merger.ema(&raw.Bonds, delta, &w.bonds, w.alpha())
	w.columns.normalize(&raw.Bonds, w.n)
	raw.Dividends = raw.Bonds.rowProducts(raw.Dividends, raw.Incentive)
	normalize(raw.Dividends)

	w.delta.copyFrom(&raw.Bonds)
	w.columns.upscale(&w.delta, w.n)
	w.trace(func(t *Trace) { t.BondsUpscaled.copyFrom(&w.delta) })
	w.storeBonds(&w.delta)
}

// yuma3Bonds belong to one validator and server each and move towards the validator's own weight;
// stake enters only when dividends are paid.
func (w *Workspace) yuma3Bonds() {
	raw := &w.out.Raw
	for k, c := range w.bonds.cells {
		// A Yuma3 bond is the stored integer of 65535; dividing the raw bits of an I32F32 by an
		// integer is its Div by that integer.
		w.bonds.cells[k].Value = c.Value / 65535
	}
	w.liquid.noted = nil
	w.trace(func(t *Trace) {
		t.Bonds.copyFrom(&w.bonds)
		t.Speeds.reset()
		w.liquid.noted = &t.Speeds
	})
	if w.in.LiquidAlpha && sum(raw.Consensus) != 0 {
		w.liquid.configure(&w.in.Params, w.n)
		w.liquid.ema(&raw.Bonds, &w.bonding, &w.bonds, raw.Consensus)
	} else {
		w.merger.ema(&raw.Bonds, &w.bonding, &w.bonds, w.alpha())
	}
	raw.Dividends = w.columns.shareProducts(raw.Dividends, &raw.Bonds, raw.Incentive)
	w.trace(func(t *Trace) {
		t.BondsShare.copyFrom(&raw.Bonds)
		w.columns.normalize(&t.BondsShare, w.n)
	})
	for i, total := range raw.Dividends {
		raw.Dividends[i] = total.MulFast(raw.ActiveStake[i])
	}
	normalize(raw.Dividends)
	w.storeBonds(&raw.Bonds)
}

// storeBonds quantises the bond rows of the next permit holders. A uid that loses its permit
// loses its bonds; 2024 leaves the row of a uid that had no permit as it is.
func (w *Workspace) storeBonds(m *Matrix) {
	rows := &w.out.Bonds
	rows.Reset()
	for i := range w.n {
		pairs := rows.pairs
		switch {
		case w.out.Permit[i]:
			for _, c := range m.Row(i) {
				pairs = append(pairs, Pair{c.UID, c.Value.Proportion()})
			}
		case w.in.Variant == V2024 && !w.permit[i]:
			pairs = append(pairs, w.in.Bonds.Row(i)...)
		}
		rows.pairs = pairs
		rows.close()
	}
}

func (w *Workspace) trace(record func(*Trace)) {
	if w.Trace != nil {
		record(w.Trace)
	}
}
