package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// profitable is the pay of an attack, against honesty at equal means, up to which the mechanism is
// called sound against it.
const profitable = 0.5

// Estimate is a mean over seeds with the half width of its 95 % confidence interval.
type Estimate struct {
	Mean float64 `json:"mean"`
	Half float64 `json:"half_width_95"`
}

// Soundness is one row of the soundness table: what an attack gains and what it does to the others.
type Soundness struct {
	Scenario string `json:"scenario"`
	Market   string `json:"market"`
	Profile  string `json:"profile,omitempty"`
	Seeds    int    `json:"seeds"`
	// Pay is the attackers' pay divided by what they earn honestly at equal means: the same stake, and
	// mining that costs as much.
	Pay Estimate `json:"pay_of_honest"`
	// Harm is the part of their pay that everybody else loses to the attack; negative: they gain.
	Harm Estimate `json:"harm_to_honest"`
	// Concentration is the largest share that one team or neuron has of all pay.
	Concentration Estimate `json:"concentration"`
	// Detected is the epoch, in the median of the seeds, from which on the attack earns less than half
	// of honesty until the end; -1: it never does.
	Detected int `json:"detected_epoch"`
}

// Profitable reports whether the attack pays: more than half of honesty.
func (s Soundness) Profitable() bool { return s.Pay.Mean > profitable }

// Sound plays a scenario and its honest twin once per seed and compares them. Seeds are played side by
// side; the result does not depend on how many at once. It fails for a scenario without an attack.
func Sound(ctx context.Context, s *Scenario, base uint64, seeds int) (Soundness, error) {
	if !s.Attack() {
		return Soundness{}, fmt.Errorf("scenario %q has no attack to compare with honesty: give a group a play", s.Name)
	}
	if err := CheckSeeds(seeds); err != nil {
		return Soundness{}, err
	}
	twin := s.Twin()
	found := make([]comparison, seeds)
	err := parallel(ctx, seeds, func(ctx context.Context, i int) error {
		seed := seedOf(base, i)
		attack, err := Run(ctx, s, seed)
		if err != nil {
			return err
		}
		honest, err := Run(ctx, twin, seed)
		if err != nil {
			return err
		}
		found[i] = compare(attack, honest)
		return nil
	})
	if err != nil {
		return Soundness{}, err
	}
	return soundness(s, found), nil
}

// soundness is the row that the comparisons of all seeds make.
func soundness(s *Scenario, found []comparison) Soundness {
	row := Soundness{Scenario: s.Name, Market: s.Market, Profile: s.Profile, Seeds: len(found)}
	row.Pay = estimate(found, func(c comparison) float64 { return c.pay })
	row.Harm = estimate(found, func(c comparison) float64 { return c.harm })
	row.Concentration = estimate(found, func(c comparison) float64 { return c.concentration })
	row.Detected = medianEpoch(found)
	return row
}

// CheckSeeds tells whether so many seeds make an estimate.
func CheckSeeds(n int) error { return inside("seeds", float64(n), 2, 10_000) }

// comparison is what one seed says.
type comparison struct {
	pay, harm, concentration float64
	detected                 int
}

// compare holds an attack against its twin. Attackers are those who have a team in the attack and a
// play that is not honest, or share the team of one who has.
func compare(attack, honest *Result) comparison {
	teams := map[string]bool{}
	for _, p := range attack.Players {
		if p.Play != Honest && p.Team != "" {
			teams[p.Team] = true
		}
	}
	attacks := make([]bool, len(attack.Players))
	for i, p := range attack.Players {
		attacks[i] = teams[p.Team]
	}
	var c comparison
	a, h := sum(attack.Epochs, attacks), sum(honest.Epochs, attacks)
	c.pay = ratio(a, h)
	others := func(r *Result) float64 {
		rest := make([]bool, len(attacks))
		for i := range rest {
			rest[i] = !attacks[i]
		}
		return sum(r.Epochs, rest).pay
	}
	if before := others(honest); before > 0 {
		c.harm = 1 - others(attack)/before
	}
	c.concentration = attack.concentration()
	c.detected = detection(attack, honest, attacks)
	return c
}

// means is what a side got and what mining cost it.
type means struct{ pay, cost float64 }

// maxRatio is the most that an attack is said to earn of honesty: where honesty earns nothing at all
// there is no number for it, and a mean needs one.
const maxRatio = 1000

// ratio is pay against pay at equal cost, at most maxRatio. Where nobody mines, or mining costs nothing,
// cost does not matter.
func ratio(a, h means) float64 {
	if a.pay == 0 {
		return 0
	}
	r := a.pay / h.pay
	if a.cost > 0 && h.cost > 0 {
		r *= h.cost / a.cost
	}
	return min(r, maxRatio)
}

// sum adds up what some uids earned and spent.
func sum(epochs []Epoch, of []bool) means {
	var m means
	for _, e := range epochs {
		for uid, in := range of {
			if in {
				m.pay += float64(e.Miner[uid] + e.Validator[uid])
				m.cost += e.Cost[uid]
			}
		}
	}
	return m
}

// concentration is the largest share of all pay, a team counting as one.
func (r *Result) concentration() float64 {
	shares, all := map[string]float64{}, 0.0
	for uid, p := range r.Players {
		name := p.Team
		if name == "" {
			name = fmt.Sprint("uid ", uid)
		}
		for _, e := range r.Epochs {
			paid := float64(e.Miner[uid] + e.Validator[uid])
			shares[name] += paid
			all += paid
		}
	}
	largest := 0.0
	for _, name := range sortedKeys(shares) {
		largest = max(largest, shares[name])
	}
	if all == 0 {
		return 0
	}
	return largest / all
}

// detection is the epoch from which on the attack earned no more than half of honesty, or -1.
func detection(attack, honest *Result, attacks []bool) int {
	last := len(attack.Epochs)
	for last > 0 {
		a, h := sum(attack.Epochs[last-1:last], attacks), sum(honest.Epochs[last-1:last], attacks)
		if h.pay > 0 && ratio(a, h) > profitable {
			break
		}
		last--
	}
	if last == len(attack.Epochs) {
		return -1
	}
	return last
}

// medianEpoch is the median of the epochs of detection, never counting as later than all others.
func medianEpoch(found []comparison) int {
	var list []int
	for _, c := range found {
		if c.detected < 0 {
			list = append(list, math.MaxInt)
			continue
		}
		list = append(list, c.detected)
	}
	slices.Sort(list)
	if m := list[len(list)/2]; m != math.MaxInt {
		return m
	}
	return -1
}

func estimate[T any](found []T, of func(T) float64) Estimate {
	n, total := float64(len(found)), 0.0
	for _, c := range found {
		total += of(c)
	}
	e := Estimate{Mean: total / n}
	if len(found) < 2 {
		return e // nothing to judge luck by
	}
	square := 0.0
	for _, c := range found {
		square += (of(c) - e.Mean) * (of(c) - e.Mean)
	}
	e.Half = student95(len(found)-1) * math.Sqrt(square/(n-1)/n)
	return e
}

// student95 is the two-sided 95 % quantile of Student's t with that many degrees of freedom, by the
// expansion around the normal one (Cornish and Fisher); it is right to 1 % from 4 on.
func student95(degrees int) float64 {
	const z = 1.959964
	d := float64(degrees)
	return z + (z*z*z+z)/(4*d) + (5*math.Pow(z, 5)+16*z*z*z+3*z)/(96*d*d) + (3*math.Pow(z, 7)+19*math.Pow(z, 5)+17*z*z*z-15*z)/(384*d*d*d)
}

// parallel does n independent pieces of work on all processors and returns the error of the lowest
// piece that failed.
func parallel(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next, errs := make(chan int), make([]error, n)
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		done.Add(1)
		go func() {
			defer done.Done()
			for i := range next {
				if errs[i] = work(ctx, i); errs[i] != nil {
					cancel()
				}
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	done.Wait()
	return firstOwn(errs)
}

// firstOwn is the first error that is not only the echo of another one's cancelling.
func firstOwn(errs []error) error {
	var echo error
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			echo = err
		}
	}
	return echo
}
