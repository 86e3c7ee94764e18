package template

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/subnets"
)

// mine answers questions in the manner of the neuron's strategy until ctx ends.
func mine(ctx context.Context, n subnets.Neuron) error {
	solve, ok := solvers[n.Strategy]
	if !ok {
		return fmt.Errorf("no strategy %q; `ergon miner strategies` lists them", n.Strategy)
	}
	return subnets.RunMiner(ctx, n, func(a *axon.Axon) error {
		return axon.Handle(a, func(ctx context.Context, _ axon.Call, q *Factors) error {
			if len(q.Numbers) > maxNumbers {
				return axon.Errorf(422, "%d numbers, at most %d", len(q.Numbers), maxNumbers)
			}
			q.Factors = solve(ctx, q.Numbers)
			return nil
		})
	})
}

// solver is a way to mine: it answers one factor per number, in text.
type solver func(ctx context.Context, numbers []string) []string

// solvers are the strategies that ship with the market.
var solvers = map[string]solver{"honest": honest, "lazy": lazy, "wrong": wrong}

// maxNumbers and maxDigits bound what a caller may ask of a miner.
const (
	maxNumbers = 32
	maxDigits  = 19
)

// honest factors every number.
func honest(ctx context.Context, numbers []string) []string {
	return each(numbers, func(n uint64) uint64 { return smallestFactor(ctx, n) })
}

// lazy factors the small half and guesses the rest.
func lazy(ctx context.Context, numbers []string) []string {
	answers := wrong(ctx, numbers)
	copy(answers, honest(ctx, numbers[:len(numbers)/2]))
	return answers
}

// wrong answers at once, with a factor of nothing.
func wrong(_ context.Context, numbers []string) []string {
	return each(numbers, func(uint64) uint64 { return 4 })
}

func each(numbers []string, f func(uint64) uint64) []string {
	out := make([]string, len(numbers))
	for i, text := range numbers {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil && len(text) <= maxDigits {
			out[i] = strconv.FormatUint(f(n), 10)
		}
	}
	return out
}

// smallestFactor finds a factor by Pollard's rho, small ones by trial; 0 when ctx ends first.
func smallestFactor(ctx context.Context, n uint64) uint64 {
	for _, p := range []uint64{2, 3, 5, 7, 11, 13} {
		if n%p == 0 {
			return p
		}
	}
	for c := uint64(1); ctx.Err() == nil; c++ {
		if d := rho(ctx, n, c); d > 1 && d < n {
			return min(d, n/d)
		}
	}
	return 0
}

func rho(ctx context.Context, n, c uint64) uint64 {
	next := func(x uint64) uint64 { return (product(x, x, n) + c) % n }
	slow, fast, d := uint64(2), uint64(2), uint64(1)
	for steps := 0; d == 1; steps++ {
		if steps%4096 == 4095 && ctx.Err() != nil {
			return 0
		}
		slow, fast = next(slow), next(next(fast))
		diff := slow - fast
		if slow < fast {
			diff = fast - slow
		}
		d = gcd(diff, n)
	}
	return d
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
