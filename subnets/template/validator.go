package template

import (
	"context"
	"time"

	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/validator"
	"github.com/ergon-network/ergon/subnets"
)

// deadline is what a miner gets for an answer; an honest one needs milliseconds.
const deadline = 5 * time.Second

// validate plays rounds: draw a task for every miner, ask all at once, judge the answers.
func validate(ctx context.Context, n subnets.Neuron) error {
	d, err := dendrite.New(dendrite.Options{Key: n.Hotkey, Timeout: deadline, AllowPrivate: n.Loopback, RequireSigned: true})
	if err != nil {
		return err
	}
	return subnets.RunValidator(ctx, n, validator.Options{
		Market: validator.Quiz[Factors]{Dendrite: d, Task: draw},
		Every:  5, // blocks from one round to the next
	}, nil)
}

// draw makes a task for one miner. Each gets its own, so that nobody can hand in what another found.
func draw(_ context.Context, r validator.Round) (validator.Task[Factors], error) {
	task := NewTask(r.Rand.Uint64())
	return validator.Task[Factors]{
		Question: &Factors{Numbers: task.Numbers},
		Judge: func(_ context.Context, answer dendrite.Result[Factors]) validator.Verdict {
			return validator.Score(Reward(task, answer.Answer.Factors))
		},
	}, nil
}
