package template

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/lab/labtest"
)

// The attacks of miners that are known, played against Reward: whoever does not do the work is not paid
// half of what honesty is. docs/designing.md says how to go on when this fails.
func TestNoAdversaryEarnsMoreThanHalfOfHonesty(t *testing.T) {
	labtest.Sound(t, "template", labtest.Known{
		"cherry-picker":    "half of the stake decides what a miner is worth, so it need not answer the rest; kappa 0.7 asks for more",
		"sybil-small-work": "factoring fills no machine: one can work for several names at once",
	})
}

func TestTasksAreSeededAndCheckable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		task := NewTask(seed)
		if !slices.Equal(task.Numbers, NewTask(seed).Numbers) {
			t.Fatal("one seed, two tasks")
		}
		for i, text := range task.Numbers {
			n, err := strconv.ParseUint(text, 10, 64)
			p := task.factors[i]
			if err != nil || n%p != 0 || !isPrime(p) || !isPrime(n/p) || n/p < p {
				t.Fatalf("%s is not %d times a larger prime", text, p)
			}
		}
	})
}

func TestRewardPaysForRightFactors(t *testing.T) {
	task := NewTask(7)
	var right []string
	for _, p := range task.factors {
		right = append(right, strconv.FormatUint(p, 10))
	}
	if got := Reward(task, right); got != 1 {
		t.Errorf("all right: %v, want 1", got)
	}
	half := slices.Clone(right)
	for i := range half[4:] {
		half[4+i] = "1"
	}
	if got := Reward(task, half); got <= 0 || got >= 0.5 {
		t.Errorf("the easier half: %v, want between 0 and 0.5", got)
	}
	for name, answer := range map[string][]string{
		"nothing": nil, "too short": right[:7], "ones": slices.Repeat([]string{"1"}, 8), "junk": slices.Repeat([]string{"x"}, 8),
		"the numbers themselves": task.Numbers,
	} {
		if got := Reward(task, answer); got != 0 {
			t.Errorf("%s: %v, want 0", name, got)
		}
	}
}

func TestStrategiesEarnInOrder(t *testing.T) {
	score := map[string]float64{}
	for name, solve := range solvers {
		for seed := range uint64(5) {
			task := NewTask(seed)
			score[name] += Reward(task, solve(t.Context(), task.Numbers)) / 5
		}
	}
	if score["honest"] != 1 || score["lazy"] <= 0 || score["lazy"] >= 0.5 || score["wrong"] != 0 {
		t.Errorf("scores %v, want honest 1 > lazy > wrong 0", score)
	}
}
