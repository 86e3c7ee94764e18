package template

import (
	"math/bits"
	"math/rand/v2"
	"strconv"
)

// Task is a set of composite numbers whose factors only the validator knows. Later numbers are
// larger, so a better miner solves more of them.
type Task struct {
	Numbers []string
	factors []uint64 // the smaller prime of each
}

// Sizes in bits of the smaller prime factor, easiest first.
var sizes = []int{12, 16, 20, 22, 24, 26, 27, 28}

// NewTask draws a task from a seed: the same seed gives the same task.
func NewTask(seed uint64) Task {
	r := rand.New(rand.NewPCG(seed, 0x7461736b))
	var t Task
	for _, size := range sizes {
		p, q := prime(r, size), prime(r, size+1)
		t.Numbers = append(t.Numbers, strconv.FormatUint(p*q, 10))
		t.factors = append(t.factors, p)
	}
	return t
}

// prime draws a prime of exactly the given number of bits.
func prime(r *rand.Rand, size int) uint64 {
	for {
		n := r.Uint64N(1<<(size-1)) | 1<<(size-1) | 1
		if isPrime(n) {
			return n
		}
	}
}

// isPrime is the Miller-Rabin test with bases that decide every number below 2^32.
func isPrime(n uint64) bool {
	d, s := n-1, 0
	for ; d%2 == 0; d /= 2 {
		s++
	}
	for _, base := range []uint64{2, 7, 61} {
		if base%n == 0 {
			continue
		}
		x := power(base, d, n)
		if x == 1 || x == n-1 {
			continue
		}
		composite := true
		for range s - 1 {
			if x = product(x, x, n); x == n-1 {
				composite = false
				break
			}
		}
		if composite {
			return false
		}
	}
	return n > 1
}

func power(base, exp, mod uint64) uint64 {
	result := uint64(1)
	for base %= mod; exp > 0; exp >>= 1 {
		if exp&1 == 1 {
			result = product(result, base, mod)
		}
		base = product(base, base, mod)
	}
	return result
}

func product(a, b, mod uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	_, rem := bits.Div64(hi%mod, lo, mod)
	return rem
}
