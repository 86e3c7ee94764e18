package reward

import (
	"cmp"
	"slices"
)

// Miner is what weights follow from.
type Miner struct {
	UID      uint16
	Kind     Kind
	Score    float64 // accumulated; below 0: left out
	Failures int
	Permit   bool // holds a validator permit

	Alpha      float64 // stake, for profiles that look at it
	Liquidated float64 // share of emission sold, 0..1, see Retained
}

// Share is a miner's part of the whole. Shares of a result sum to at most 1.
type Share struct {
	UID    uint16
	Weight float64
}

// Rank orders miners: accumulated score descending, then fewer failures, then lower uid. The original has no rule for
// ties. The argument is not changed.
func Rank(miners []Miner) []Miner {
	return slices.SortedFunc(slices.Values(miners), func(a, b Miner) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Failures, b.Failures), cmp.Compare(a.UID, b.UID))
	})
}

// Weights shares 1 among miners by pool (video §6.7). podium lists the uids that won a competition, best first; nil
// if there was none. The result is ordered by uid and has every miner that was not left out:
// below 0, and at 0 too unless the profile pays for nothing.
func (p *Profile) Weights(miners []Miner, podium []uint16) []Share {
	var pool ByKind[[]Miner]
	for _, m := range miners {
		if (m.Score > 0 || m.Score == 0 && p.PayZero) && (p.PermitHolders || !m.Permit) {
			switch m.Kind {
			case Compression:
				pool.Compression = append(pool.Compression, m)
			case Upscaling:
				pool.Upscaling = append(pool.Upscaling, m)
			}
		}
	}
	size := p.Pools
	out := p.crown(podium, &pool, &size)
	if p.InsidePool != "ranks" {
		fillEmpty(&pool, &size)
	}
	out = append(out, p.inside(pool.Compression, size.Compression)...)
	out = append(out, p.inside(pool.Upscaling, size.Upscaling)...)
	return added(out)
}

// added adds up the shares of each uid, in the order given, and orders them by uid.
func added(shares []Share) []Share {
	slices.SortStableFunc(shares, func(a, b Share) int { return cmp.Compare(a.UID, b.UID) })
	out := shares[:0]
	for _, s := range shares {
		if last := len(out) - 1; last >= 0 && out[last].UID == s.UID {
			out[last].Weight += s.Weight
			continue
		}
		out = append(out, s)
	}
	return out
}

// crown gives the podium its part, taken out of the compression pool. A missing second or third place returns its
// part; without any other miner the podium gets everything (video §6.7).
func (p *Profile) crown(podium []uint16, pool *ByKind[[]Miner], size *ByKind[float64]) []Share {
	if len(podium) == 0 || p.PodiumPool == 0 {
		return nil
	}
	part := p.PodiumPool
	if len(pool.Compression)+len(pool.Upscaling) == 0 {
		part = 1
	}
	var crowned []Share
	for i, uid := range podium[:min(len(podium), len(p.PodiumShares))] {
		crowned = append(crowned, Share{uid, part * p.PodiumShares[i]})
		size.Compression -= part * p.PodiumShares[i]
	}
	size.Compression = max(0, size.Compression)
	return crowned
}

// fillEmpty gives the part of an empty pool to the other one.
func fillEmpty(pool *ByKind[[]Miner], size *ByKind[float64]) {
	switch {
	case len(pool.Compression) == 0 && len(pool.Upscaling) > 0:
		size.Compression, size.Upscaling = 0, size.Upscaling+size.Compression
	case len(pool.Upscaling) == 0 && len(pool.Compression) > 0:
		size.Compression, size.Upscaling = size.Compression+size.Upscaling, 0
	}
}

// inside shares one pool.
func (p *Profile) inside(miners []Miner, size float64) []Share {
	if p.InsidePool == "ranks" {
		return p.byRank(Rank(miners), size)
	}
	var total float64
	for _, m := range miners {
		total += p.worth(m)
	}
	out := make([]Share, len(miners))
	for i, m := range miners {
		out[i] = Share{m.UID, size / float64(len(miners))} // nobody earned anything: equal parts
		if total > 0 {
			out[i].Weight = size * (p.worth(m) / total)
		}
	}
	return out
}

// worth is what a miner's part is in proportion to. Squares keep a machine behind several uids from
// earning with each of them what it loses in quality (docs/soundness.md, sybil).
func (p *Profile) worth(m Miner) float64 {
	if p.InsidePool == "squares" {
		return m.Score * m.Score
	}
	return m.Score
}

// byRank gives fixed parts to the first ranks, then shifts them by stake and by what was kept of earlier emission.
func (p *Profile) byRank(ranked []Miner, size float64) []Share {
	out := make([]Share, len(ranked))
	for i, m := range ranked {
		out[i].UID = m.UID
		if i < len(p.RankShares) {
			out[i].Weight = size * p.RankShares[i]
		}
	}
	top := out[:min(len(out), len(p.RankShares))]
	var alpha float64
	for _, m := range ranked[:len(top)] {
		alpha += m.Alpha
	}
	reweigh(top, func(i int) float64 {
		if alpha <= 0 {
			return 1
		}
		return 1 + p.AlphaFactor*ranked[i].Alpha/alpha
	})
	reweigh(top, func(i int) float64 { return 1 + p.LiquidationFactor*(1-ranked[i].Liquidated) })
	return out
}

// reweigh multiplies the parts by factors and scales them back to their former sum.
func reweigh(shares []Share, factor func(i int) float64) {
	var before, after float64
	for i := range shares {
		before += shares[i].Weight
		shares[i].Weight *= factor(i)
		after += shares[i].Weight
	}
	if after <= 0 {
		return
	}
	for i := range shares {
		shares[i].Weight *= before / after
	}
}

// Snapshot is a miner's stake and what it earned in one tempo.
type Snapshot struct{ Alpha, Emission float64 }

// UnknownRetained is used where nothing is known about a miner's selling (video §6.7).
const UnknownRetained = 0.5

// Retained is the share of emission, 0..1, that a miner kept between its first and last snapshot; the emission of
// the first does not count. known is false without emission to judge by (video §6.7).
func Retained(s []Snapshot) (share float64, known bool) {
	if len(s) < 2 {
		return UnknownRetained, false
	}
	var earned float64
	for _, x := range s[1:] {
		earned += x.Emission
	}
	if earned <= 0 {
		return UnknownRetained, false
	}
	gain := max(0, s[len(s)-1].Alpha-s[0].Alpha)
	return min(gain, earned) / earned, true
}
