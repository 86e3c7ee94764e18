// Package pool is the arithmetic of a hotkey's stake: what share of the nominators' pool a rao
// buys, what a share is worth, and how a payout is divided. Pure integer functions; the keeper
// keeps the books. All amounts are rao.
//
// Nominators hold shares of a pool instead of amounts of their own, so that a payout is one
// addition whatever their number (design 10). Every rounding is in the pool's favour, so the pool
// can always pay all its holders, and the price of a share never falls.
package pool

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
)

// Unit is the number of shares one rao buys in an empty pool. It is the head room for growth: a
// rao still buys a whole share after rewards have multiplied the first holder's stake 2^40 times.
const Unit = 1 << unitBits

const unitBits = 40

// MaxShareBytes bounds an encoded number of shares: a pool of 2^64 rao has at most 2^104 of them.
const MaxShareBytes = 13

// TakeUnit is the denominator of a delegate's take.
const TakeUnit = 65535

// ErrCoarse is returned when shares have become so dear that a purchase would lose more than
// 1 rao to rounding.
var ErrCoarse = errors.New("a share of the pool is worth more than the amount allows")

// ErrShort is returned by Sell when the holding is worth less than the amount.
var ErrShort = errors.New("the holding is worth less")

// Pool is the nominators' stake of one hotkey. Shares is 0 exactly when Rao is 0.
type Pool struct {
	Rao    uint64
	Shares *big.Int
}

// Value is what held shares are worth: floor(held x rao / shares).
func (p Pool) Value(held *big.Int) uint64 {
	if held.Sign() == 0 || p.Shares.Sign() == 0 {
		return 0
	}
	v := new(big.Int).SetUint64(p.Rao)
	v.Mul(v, held)
	return v.Quo(v, p.Shares).Uint64()
}

// Buy adds amount to the pool and returns the shares it bought, worth amount or 1 rao less. The
// caller ensures that the sum of all stake fits in 64 bits.
func (p Pool) Buy(amount uint64) (Pool, *big.Int, error) {
	bought := new(big.Int).SetUint64(amount)
	if p.Rao == 0 {
		bought.Lsh(bought, unitBits)
		return Pool{Rao: amount, Shares: bought}, new(big.Int).Set(bought), nil
	}
	bought.Mul(bought, p.Shares)
	bought.Quo(bought, new(big.Int).SetUint64(p.Rao))
	after := Pool{Rao: p.Rao + amount, Shares: new(big.Int).Add(p.Shares, bought)}
	if worth := after.Value(bought); worth+1 < amount {
		return p, nil, fmt.Errorf("%w: %d rao would buy %d rao", ErrCoarse, amount, worth)
	}
	return after, bought, nil
}

// Sell takes amount out of the pool for a holder of held shares and returns what it has left.
// Selling the whole value leaves nothing.
func (p Pool) Sell(held *big.Int, amount uint64) (Pool, *big.Int, error) {
	worth := p.Value(held)
	switch {
	case worth < amount:
		return p, held, fmt.Errorf("%w: %d rao, not %d", ErrShort, worth, amount)
	case worth == amount:
		after, _ := p.Close(held)
		return after, new(big.Int), nil
	}
	sold := new(big.Int).SetUint64(amount)
	sold.Mul(sold, p.Shares)
	rao := new(big.Int).SetUint64(p.Rao)
	sold.Add(sold, rao).Sub(sold, big.NewInt(1)).Quo(sold, rao) // rounded up
	after := Pool{Rao: p.Rao - amount, Shares: new(big.Int).Sub(p.Shares, sold)}
	return after, new(big.Int).Sub(held, sold), nil
}

// Close pays a holding out whole. The last holder takes everything that is left.
func (p Pool) Close(held *big.Int) (Pool, uint64) {
	worth := p.Value(held)
	return Pool{Rao: p.Rao - worth, Shares: new(big.Int).Sub(p.Shares, held)}, worth
}

// Check tells whether the pool could have come about: empty of both or of neither, and no share
// cheaper than at the start.
func (p Pool) Check() error {
	if (p.Rao == 0) != (p.Shares.Sign() == 0) || p.Shares.Sign() < 0 {
		return fmt.Errorf("pool of %d rao has %s shares", p.Rao, p.Shares)
	}
	most := new(big.Int).SetUint64(p.Rao)
	if p.Shares.Cmp(most.Lsh(most, unitBits)) > 0 {
		return fmt.Errorf("pool of %d rao has %s shares, more than %d a rao", p.Rao, p.Shares, uint64(Unit))
	}
	return nil
}

// NominatorsPart is what of a delegate's validator reward goes to its nominators' pool (chain
// §1.6): the owner first keeps floor(reward x take / 65535), then the pool gets its share of own +
// pool, rounded down. All the rest is the owner's. own + pool must fit in 64 bits, take be at
// most TakeUnit.
func NominatorsPart(reward uint64, take uint32, own, pool uint64) uint64 {
	if pool == 0 {
		return 0
	}
	rest := reward - mulDiv(reward, uint64(take), TakeUnit)
	return mulDiv(rest, pool, own+pool)
}

// mulDiv is floor(a x b / c) with a 128-bit product, for b <= c, c > 0: the result is at most a.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}
