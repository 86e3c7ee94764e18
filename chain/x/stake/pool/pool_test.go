package pool

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func empty() Pool { return Pool{Shares: new(big.Int)} }

func TestBuyAndSell(t *testing.T) {
	p, a, err := empty().Buy(300)
	require.NoError(t, err)
	require.Equal(t, uint64(300), p.Value(a))
	p.Rao += 300 // a reward doubles the price
	p, b, err := p.Buy(100)
	require.NoError(t, err)
	require.Equal(t, uint64(600), p.Value(a))
	require.Equal(t, uint64(100), p.Value(b))

	p, b, err = p.Sell(b, 40)
	require.NoError(t, err)
	require.Equal(t, uint64(60), p.Value(b))
	_, _, err = p.Sell(b, 61)
	require.ErrorIs(t, err, ErrShort)
	p, b, err = p.Sell(b, 60)
	require.NoError(t, err)
	require.Zero(t, b.Sign(), "selling the whole value leaves no shares")

	p, paid := p.Close(a)
	require.Equal(t, uint64(600), paid)
	require.NoError(t, p.Check())
	require.Zero(t, p.Rao)
}

func TestLastHolderTakesEverything(t *testing.T) {
	p, a, err := empty().Buy(1)
	require.NoError(t, err)
	p, b, err := p.Buy(1)
	require.NoError(t, err)
	p.Rao++ // 3 rao for two equal holders
	p, paid := p.Close(a)
	require.Equal(t, uint64(1), paid)
	_, paid = p.Close(b)
	require.Equal(t, uint64(2), paid)
}

func TestBuyRefusesWhenSharesAreTooDear(t *testing.T) {
	p := Pool{Rao: 1 << 50, Shares: big.NewInt(1 << 10)} // a share is worth 2^40 rao
	_, _, err := p.Buy(1 << 39)
	require.ErrorIs(t, err, ErrCoarse)
	_, bought, err := p.Buy(1 << 41)
	require.NoError(t, err)
	require.Equal(t, int64(2), bought.Int64())
}

func TestNominatorsPart(t *testing.T) {
	for name, c := range map[string]struct {
		reward    uint64
		take      uint32
		own, pool uint64
		want      uint64
	}{
		"worked example (chain §1.6)": {2000, 5898, 200, 200, 910},
		"exact multiple":              {65535, 11796, 0, 1, 53739},
		"third of three":              {3, 0, 2, 1, 1},
		"nobody nominates":            {1000, 0, 0, 0, 0},
		"full take":                   {1000, TakeUnit, 0, 10, 0},
		"largest":                     {math.MaxUint64, 0, 0, math.MaxUint64, math.MaxUint64},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, NominatorsPart(c.reward, c.take, c.own, c.pool))
		})
	}
}

// Whatever happens to a pool, it can pay every holder, nobody gains from rounding, and nobody but
// the seller loses anything.
func TestPoolKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := empty()
		var held []*big.Int
		amount := rapid.OneOf(rapid.Uint64Range(1, 9), rapid.Uint64Range(1, 1e18))
		worths := func() []uint64 {
			out := make([]uint64, len(held))
			for i, h := range held {
				out[i] = p.Value(h)
			}
			return out
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				require.NoError(t, p.Check())
				sum, shares := new(big.Int), new(big.Int)
				for _, h := range held {
					sum.Add(sum, new(big.Int).SetUint64(p.Value(h)))
					shares.Add(shares, h)
				}
				require.Zero(t, shares.Cmp(p.Shares))
				require.LessOrEqual(t, sum.Cmp(new(big.Int).SetUint64(p.Rao)), 0, "the pool can pay everybody")
				require.LessOrEqual(t, len(p.Shares.Bytes()), MaxShareBytes)
			},
			"buy": func(t *rapid.T) {
				a := amount.Draw(t, "amount")
				if a > math.MaxInt64-p.Rao {
					t.Skip("more than is ever issued")
				}
				before := worths()
				after, bought, err := p.Buy(a)
				if err != nil {
					require.ErrorIs(t, err, ErrCoarse)
					require.Positive(t, new(big.Int).SetUint64(p.Rao).Cmp(p.Shares), "refused only when a share costs more than 1 rao")
					return
				}
				p = after
				require.LessOrEqual(t, p.Value(bought), a)
				require.GreaterOrEqual(t, p.Value(bought)+1, a)
				for i := range held {
					require.GreaterOrEqual(t, p.Value(held[i]), before[i])
				}
				held = append(held, bought)
			},
			"sell": func(t *rapid.T) {
				if len(held) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(held)-1).Draw(t, "who")
				before := worths()
				a := rapid.Uint64Range(0, before[i]).Draw(t, "amount")
				after, left, err := p.Sell(held[i], a)
				require.NoError(t, err)
				require.GreaterOrEqual(t, left.Sign(), 0)
				p, held[i] = after, left
				require.LessOrEqual(t, p.Value(left), before[i]-a)
				for j := range held {
					if j != i {
						require.GreaterOrEqual(t, p.Value(held[j]), before[j])
					}
				}
				if left.Sign() == 0 {
					held = append(held[:i], held[i+1:]...)
				}
			},
			"reward": func(t *rapid.T) {
				if a := amount.Draw(t, "amount"); p.Rao > 0 && a <= math.MaxInt64-p.Rao {
					p.Rao += a
				}
			},
		})
	})
}
