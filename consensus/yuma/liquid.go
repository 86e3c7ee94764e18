package yuma

import (
	"errors"
	"fmt"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// liquid computes bond speeds per cell (yuma §5): a bond moves faster the further its validator's
// weight stands above the consensus, or its bond above its weight.
type liquid struct {
	low, high, slope fixed.I32F32

	// The speed depends on one number only, and most cells of an epoch share a few of them.
	lastDiff, lastAlpha fixed.I32F32
	known               bool

	old vector // the old row, by column

	speeds *Matrix // where to note the speed of each cell; nil: nowhere
}

func (l *liquid) configure(p *Params, n int) {
	l.low = fixed.FromProportion(p.AlphaLow)
	l.high = fixed.FromProportion(p.AlphaHigh)
	l.slope = fixed.FromInt(int64(p.AlphaSteepness)).Div(-100 * fixed.One)
	l.known = false
	l.old = zeroed(l.old, n)
}

// alpha is the bond speed for a weight and a bond under a consensus, all in [0, 1].
func (l *liquid) alpha(consensus, weight, bond fixed.I32F32) fixed.I32F32 {
	diff := weight - consensus
	if weight < bond {
		diff = bond - weight
	}
	diff = diff.Clamp(0, fixed.One)
	if l.known && diff == l.lastDiff {
		return l.lastAlpha
	}
	e := fixed.Exp(l.slope.Mul(diff - fixed.Half))
	sigma := fixed.One.Div(e.Add(fixed.One))
	alpha := l.low.Add(sigma.Mul(l.high-l.low)).Clamp(l.low, l.high)
	l.lastDiff, l.lastAlpha, l.known = diff, alpha, true
	return alpha
}

// ema writes the moving average of old towards fresh with a speed per cell, at most one, for the
// cells present in fresh. An old bond without a fresh cell vanishes at once (yuma §4.9).
func (l *liquid) ema(dst, fresh, old *Matrix, consensus vector) {
	dst.reset()
	for i := range fresh.ends {
		row := old.Row(i)
		for _, c := range row {
			l.old[c.UID] = c.Value
		}
		for _, c := range fresh.Row(i) {
			bond := l.old[c.UID]
			speed := l.alpha(consensus[c.UID], c.Value, bond)
			if v := blend(c.Value, bond, speed); v > 0 {
				dst.add(Cell{c.UID, v})
			}
			if l.speeds != nil {
				l.speeds.add(Cell{c.UID, speed})
			}
		}
		if l.speeds != nil {
			l.speeds.close()
		}
		for _, c := range row {
			l.old[c.UID] = 0
		}
		dst.close()
	}
}

// blend returns (1-alpha)·old + alpha·fresh, at most one.
func blend(fresh, old, alpha fixed.I32F32) fixed.I32F32 {
	kept := (fixed.One - alpha).Mul(old)
	return min(kept.Add(max(alpha.Mul(fresh), 0)), fixed.One)
}

// Errors of CheckAlphas.
var (
	ErrLiquidAlphaDisabled = errors.New("liquid alpha is disabled: switch it on before setting its values")
	ErrAlphaHighTooLow     = errors.New("alpha high is too low")
	ErrAlphaLowOutOfRange  = errors.New("alpha low is out of range")
)

// minAlpha is the least bond speed a subnet may choose: one fortieth (yuma §5).
const minAlpha = 65535 / 40

// CheckAlphas tells whether a subnet may use these bond speeds, of 65535 (yuma §5).
func CheckAlphas(enabled bool, low, high uint16) error {
	switch {
	case !enabled:
		return ErrLiquidAlphaDisabled
	case high < minAlpha:
		return fmt.Errorf("%w: %d, at least %d", ErrAlphaHighTooLow, high, minAlpha)
	case low < minAlpha || low > high:
		return fmt.Errorf("%w: %d, between %d and alpha high %d", ErrAlphaLowOutOfRange, low, minAlpha, high)
	}
	return nil
}
