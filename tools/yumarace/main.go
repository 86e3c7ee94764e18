// Command yumarace sets the exact epoch of consensus/yuma beside the same epoch in torch floats
// (epoch.py), on the same cases, in the same run, with one thread each:
//
//	go run ./tools/yumarace -python /path/to/python
//
// Both move the bonds of Yuma 3 from epoch to epoch and have to come to the same incentive and dividends;
// the run fails if they do not. What is measured is CPU time of one epoch, the median of many, so that
// other work on the machine disturbs little.
//
// Simulators hold a subnet as a square, uids by uids, and find the consensus by sorting or, as the first
// ones did, by bisection; a leaner one holds the rows of validators only. Each is raced.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// tolerance is by how much a share of all incentive or dividends may differ: the ledger stores bonds in 16
// bits, torch in 24.
const tolerance = 2e-4

const validators = 64

func main() {
	python := flag.String("python", "python3", "interpreter that has torch")
	script := flag.String("script", "tools/yumarace/epoch.py", "the epoch in torch")
	epochs := flag.Int("epochs", 40, "epochs of each case")
	flag.Parse()
	if *epochs < 1 {
		fmt.Fprintln(os.Stderr, "yumarace: -epochs must be 1 or more")
		os.Exit(2)
	}
	if err := race(*python, *script, *epochs); err != nil {
		fmt.Fprintln(os.Stderr, "yumarace:", err)
		os.Exit(1)
	}
}

// lane is one way in which the torch epoch is written.
type lane struct {
	name      string
	square    bool
	consensus string
	epochs    int // at most, 0: as many as asked for; a slow one needs fewer for its median
}

var lanes = []lane{
	{"square, sorting", true, "sorting", 0},
	{"square, bisection", true, "bisection", 5},
	{"rows, sorting", false, "sorting", 0},
	{"rows, bisection", false, "bisection", 5},
}

func race(python, script string, epochs int) error {
	fmt.Printf("  %-14s %-8s %10s  %-18s %10s %7s %10s\n", "VALIDATORS×UIDS", "FORM", "EXACT ms", "TORCH", "TORCH ms", "RATIO", "DIFFERENCE")
	for _, n := range []int{256, 1024} {
		for _, liquid := range []bool{false, true} {
			c := newCase(n, liquid)
			exact, err := c.exact(epochs)
			if err != nil {
				return err
			}
			for _, l := range lanes {
				count := epochs
				if l.epochs > 0 {
					count = min(count, l.epochs)
				}
				torch, err := c.torch(python, script, l, count)
				if err != nil {
					return err
				}
				off := max(difference(exact.incentive[count-1], torch.Incentive), difference(exact.dividends[count-1], torch.Dividends))
				ours, theirs := median(exact.seconds), median(torch.Seconds)
				form := "yuma3"
				if liquid {
					form = "liquid"
				}
				fmt.Printf("  %-15s %-8s %10.2f  %-18s %10.2f %7.1f %10.1e\n", fmt.Sprintf("%d×%d", validators, n), form, 1e3*ours, l.name, 1e3*theirs, theirs/ours, off)
				if !(off <= tolerance) {
					return fmt.Errorf("%s of %d uids: shares differ by %g, at most %g is allowed", l.name, n, off, tolerance)
				}
			}
		}
	}
	return nil
}

// exactRun is what the exact code came to, epoch by epoch.
type exactRun struct {
	seconds              []float64
	incentive, dividends [][]float64
}

// exact settles the case so many times, the bonds of an epoch being the input of the next.
func (c *raceCase) exact(epochs int) (exactRun, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var work yuma.Workspace
	var bonds yuma.Rows
	for range c.in.Stake {
		bonds.Append()
	}
	var r exactRun
	for range epochs {
		start, err := threadTime()
		if err != nil {
			return r, err
		}
		in := c.in
		in.Bonds = bonds
		out, err := work.Epoch(&in)
		if err != nil {
			return r, err
		}
		bonds.Reset()
		for uid := range in.Stake {
			bonds.Append(out.Bonds.Row(uid)...)
		}
		end, err := threadTime()
		if err != nil {
			return r, err
		}
		r.seconds = append(r.seconds, (end - start).Seconds())
		r.incentive, r.dividends = append(r.incentive, decimals(out.Raw.Incentive)), append(r.dividends, decimals(out.Raw.Dividends))
	}
	return r, nil
}

// threadTime is the CPU time of this thread.
func threadTime() (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano()), err
}

// torchRun is what epoch.py answers.
type torchRun struct {
	Torch                string
	Seconds              []float64
	Incentive, Dividends []float64
}

func (c *raceCase) torch(python, script string, l lane, epochs int) (torchRun, error) {
	var r torchRun
	ask, err := json.Marshal(c.question(l, epochs))
	if err != nil {
		return r, err
	}
	cmd := exec.Command(python, script)
	cmd.Stdin = bytes.NewReader(ask)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	raw, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %.500s", err, exit.Stderr)
		}
		return r, fmt.Errorf("%s %s: %w", python, script, err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("answer of %s: %w", script, err)
	}
	return r, nil
}

// difference is the largest between two vectors; torch's may be of validators only.
func difference(exact, torch []float64) float64 {
	worst := 0.0
	for i, x := range torch {
		worst = max(worst, math.Abs(x-exact[i]))
	}
	return worst
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func decimals(v []fixed.I32F32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Ldexp(float64(x), -32)
	}
	return out
}
