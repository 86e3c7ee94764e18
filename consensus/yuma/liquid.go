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
	rest             fixed.I32F32 // the speed at distance 0, which most cells of an epoch may have

	old    vector // the old row, by column
	speeds vector // of a row's cells
	exps   vector // of those whose distance is not 0

	noted *Matrix // where to note the speed of each cell; nil: nowhere
}

func (l *liquid) configure(p *Params, n int) {
	l.low = fixed.FromProportion(p.AlphaLow)
	l.high = fixed.FromProportion(p.AlphaHigh)
	l.slope = fixed.FromInt(int64(p.AlphaSteepness)).Div(-100 * fixed.One)
	l.rest = l.speed(fixed.Exp(l.exponent(0)))
	l.old = zeroed(l.old, n)
}

// distance is how far a weight stands above the consensus or a bond above its weight, all in [0, 1].
func distance(consensus, weight, bond fixed.I32F32) fixed.I32F32 {
	if weight < bond {
		return (bond - weight).Clamp(0, fixed.One)
	}
	return (weight - consensus).Clamp(0, fixed.One)
}

// exponent and speed are the two halves of the curve from distance to speed, between which stands Exp.
func (l *liquid) exponent(distance fixed.I32F32) fixed.I32F32 {
	return l.slope.Mul(distance - fixed.Half)
}

func (l *liquid) speed(exp fixed.I32F32) fixed.I32F32 {
	sigma := fixed.One.Div(exp.Add(fixed.One))
	return l.low.Add(sigma.Mul(l.high-l.low)).Clamp(l.low, l.high)
}

// ema writes the moving average of old towards fresh with a speed per cell, at most one, for the
// cells present in fresh. An old bond without a fresh cell vanishes at once (yuma §4.9).
func (l *liquid) ema(dst, fresh, old *Matrix, consensus vector) {
	cells := dst.start(len(fresh.cells))
	for i := range fresh.ends {
		for _, c := range old.Row(i) {
			l.old[c.UID] = c.Value
		}
		row := fresh.Row(i)
		speeds := l.rowSpeeds(row, consensus)
		for k, c := range row {
			if v := blend(c.Value, l.old[c.UID], speeds[k]); v > 0 {
				cells = append(cells, Cell{c.UID, v})
			}
		}
		dst.ends = append(dst.ends, len(cells))
		for _, c := range old.Row(i) {
			l.old[c.UID] = 0
		}
		l.note(row, speeds)
	}
	dst.cells = cells
}

// rowSpeeds finds the speeds of a row's cells; their exponentials are computed all at once.
func (l *liquid) rowSpeeds(row []Cell, consensus vector) vector {
	speeds, exps := l.speeds[:0], l.exps[:0]
	for _, c := range row {
		d := distance(consensus[c.UID], c.Value, l.old[c.UID])
		speeds = append(speeds, d)
		if d != 0 {
			exps = append(exps, l.exponent(d))
		}
	}
	l.speeds, l.exps = speeds, exps
	fixed.Exps(exps)
	for k, d := range speeds {
		speeds[k] = l.rest
		if d != 0 {
			speeds[k], exps = l.speed(exps[0]), exps[1:]
		}
	}
	return speeds
}

func (l *liquid) note(row []Cell, speeds vector) {
	if l.noted == nil {
		return
	}
	for k, c := range row {
		l.noted.add(Cell{c.UID, speeds[k]})
	}
	l.noted.close()
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
