// Package validator is the base loop of a validator: rounds of asking and judging, scores that
// survive restarts, and weights set once per tempo. A market brings one method:
//
//	v, err := validator.New(validator.Options{
//		Hotkey: hotkey.Address(), Graph: graph, Chain: ledger,
//		Market: market, State: "validator.json",
//	})
//	err = v.Run(ctx)
//
// A Market's Round returns judgements. Three kinds of verdict exist, never a magic number: Score is
// what an answer earned, Fault is the miner's fault and counts as zero, Skip is our own fault and
// leaves the miner's score as it is. Quiz makes a Market out of a question and a reward function,
// which is all that most markets need; the anatomy is five small files:
//
//	protocol.go   the message, with wire tags
//	task.go       func task(ctx, validator.Round) (validator.Task[Message], error)
//	reward.go     how an answer becomes a Verdict
//	miner.go      the axon handler
//	validator.go  validator.Quiz[Message]{Dendrite: d, Task: task}
//
// Scores belong to hotkeys. When a uid gets a new hotkey its predecessor's score goes, and nothing
// is ever saved before the old state was read. Rounds and weights run side by side: a long round holds
// up neither the weights of those before it nor the look at the registration. The state file is JSON,
// versioned, and replaced whole. docs/deviations.md has the faults of other base loops, each with the
// test that shows it is not here.
//
// Where the subnet hides weights, the loop commits them in the second half of an epoch and reveals
// them when theirs opens. hide.go says why a kill between any two steps does no harm.
package validator
