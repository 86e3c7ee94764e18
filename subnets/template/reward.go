package template

import "strconv"

// Reward judges an answer: the square of the share of numbers whose smallest factor is right, each
// weighing as much as its size, so that effort pays; the square, so that one machine behind four names
// earns less than behind one. 1 is a perfect answer; an answer of the wrong shape is 0.
func Reward(t Task, answer []string) float64 {
	if len(answer) != len(t.factors) {
		return 0
	}
	var got, all float64
	for i, text := range answer {
		weight := float64(sizes[i])
		all += weight
		if p, err := strconv.ParseUint(text, 10, 64); err == nil && p == t.factors[i] {
			got += weight
		}
	}
	share := got / all
	return share * share
}
