package template

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/neuron/validator"
)

func init() {
	lab.AddMarket(lab.Market{
		Name: "template", Summary: "factor numbers: every miner gets its own task",
		New: func(_ string, n int) (lab.Judge, error) { return newLabJudge(n), nil },
	})
}

// labJudge judges in the laboratory as validate does: Reward over a drawn task, and the loop's own
// moving average.
type labJudge struct {
	rule    validator.Rule
	hotkeys []string // a name per uid, the key of its score
	since   []int
	scores  map[string]float64
	judged  []validator.Judgement
}

// drawn are tasks for a round of 256 miners, so that each has its own. They are drawn once: all are
// equally hard, and drawing one takes longer than judging its answer.
var drawn = sync.OnceValue(func() []Task {
	tasks := make([]Task, 256)
	for i := range tasks {
		tasks[i] = NewTask(uint64(i))
	}
	return tasks
})

func newLabJudge(n int) *labJudge {
	j := &labJudge{rule: validator.MovingAverage(validator.DefaultAlpha, false), hotkeys: make([]string, n), since: make([]int, n), scores: map[string]float64{}}
	for uid := range n {
		j.name(uid)
	}
	return j
}

func (j *labJudge) name(uid int) { j.hotkeys[uid] = fmt.Sprintf("%d/%d", uid, j.since[uid]) }

// Round implements lab.Judge. An answer of quality q has the first numbers right that together weigh
// q of the task, and nothing right of the part that is bad; the rest is guessed. A copy answers another
// miner's task.
func (j *labJudge) Round(r *rand.Rand, answers []lab.Answer, sense func(float64) float64) error {
	tasks, first := drawn(), r.IntN(256)
	task := func(uid int) Task { return tasks[(first+uid)%len(tasks)] }
	j.judged = j.judged[:0]
	for _, a := range answers {
		solves := a.UID
		if a.Of != lab.Own {
			solves = a.Of
		}
		reward := Reward(task(a.UID), task(solves).solved(sense(a.Quality*(1-a.Bad))))
		j.judged = append(j.judged, validator.Judgement{Hotkey: j.hotkeys[a.UID], Verdict: validator.Score(reward)})
	}
	j.scores = j.rule(j.scores, j.judged)
	return nil
}

// solved is an answer that has the first numbers right, up to the share of the whole weight, and a guess
// for the others.
func (t Task) solved(share float64) []string {
	answer := make([]string, len(t.factors))
	left := 0.0
	for _, size := range sizes {
		left += float64(size) * share
	}
	for i, f := range t.factors {
		answer[i] = "1"
		if left -= float64(sizes[i]); left >= -0.5 {
			answer[i] = strconv.FormatUint(f, 10)
		}
	}
	return answer
}

// Scores implements lab.Judge.
func (j *labJudge) Scores() []float64 {
	out := make([]float64, len(j.hotkeys))
	for uid, name := range j.hotkeys {
		out[uid] = j.scores[name]
	}
	return out
}

// Forget implements lab.Judge.
func (j *labJudge) Forget(uid int) {
	delete(j.scores, j.hotkeys[uid])
	j.since[uid]++
	j.name(uid)
}

// Silent implements lab.Waiter: no answer is a wrong one.
func (j *labJudge) Silent(uids []int) error {
	j.judged = j.judged[:0]
	for _, uid := range uids {
		j.judged = append(j.judged, validator.Judgement{Hotkey: j.hotkeys[uid], Verdict: validator.Score(0)})
	}
	j.scores = j.rule(j.scores, j.judged)
	return nil
}
