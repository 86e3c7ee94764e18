package template

import (
	"context"
	"time"

	"github.com/ergon-network/ergon/subnets"
)

func init() {
	subnets.Register(subnets.Market{
		Name: "template", Summary: "factor numbers; the smallest market, to read and to copy",
		BlockTime: 150 * time.Millisecond, Tempo: 60,
		Strategies: []subnets.Strategy{
			{Name: "honest", Summary: "factors every number", Honest: true},
			{Name: "lazy", Summary: "factors the easy half and guesses the rest", Honest: true},
			{Name: "wrong", Summary: "answers at once, always wrong"},
		},
		Miner:     func(ctx context.Context, n subnets.Neuron) error { return mine(ctx, n) },
		Validator: func(ctx context.Context, n subnets.Neuron) error { return validate(ctx, n) },
	})
}
