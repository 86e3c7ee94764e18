// Package template is the smallest market, to read and to copy: five files, one for each part of
// an incentive mechanism. Miners factor numbers; validators know the answers.
//
//	protocol.go   what is said between validator and miner
//	task.go       what miners are asked to do, and how a task is drawn
//	reward.go     how an answer becomes a score
//	miner.go      the ways to mine that ship with the market
//	validator.go  one round: draw, ask, judge
package template

// Factors asks for the smallest prime factor of each number. Its Go type is its schema on the
// wire; numbers travel as text, because JSON readers elsewhere lose digits beyond 2^53.
type Factors struct {
	Numbers []string `wire:"numbers"`        // composite, decimal
	Factors []string `wire:"factors,output"` // the miner's answer, one per number
}

// SynapseName is the route on the axon.
func (Factors) SynapseName() string { return "Factors" }
