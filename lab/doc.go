// Package lab attacks an incentive mechanism before money is at stake: it plays thousands of epochs
// in seconds on the same code that pays, with an adversary per known attack, and says who profits.
//
//	s, err := lab.Load("weight-copier.yaml")
//	run, err := lab.Run(ctx, s, seed)      // one world, every epoch kept
//	row, err := lab.Sound(ctx, s, 1, 20) // attack against honesty at equal means
//
// A world holds validators (stake, noise, plays), miners (skill, cost, plays) and one subnet. Nothing
// is modelled twice: the epoch, the timing of hidden weights and the choice of who is pruned are
// consensus/yuma, the price of a uid is consensus/price, the owner's cut consensus/issuance; rows are
// made by neuron/validator, and what an answer is worth is decided by the market's reward functions,
// which join by a Market adapter in the market's folder. lab/onledger plays the same worlds on the
// ledger itself, and finds the same pay.
//
// What a player may know is what it could know in reality: weights once they are public, its own
// scores and pay, the questions it gets (MinerView, VoterView). A play is one file of lab/adversary,
// registered under a name that a scenario uses.
//
// Everything random follows from the seed, each player drawing from a stream of its own, so that an
// attack and its honest twin differ by the attack alone. The same scenario and seed give the same
// bytes on any number of processors.
package lab
