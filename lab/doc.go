// Package lab attacks an incentive mechanism before money is at stake: it plays thousands of epochs
// in seconds on the same code that pays, with an adversary per known attack, and says who profits.
//
//	s, err := lab.Load("weight-copier.yaml")
//	run, err := lab.Run(ctx, s, seed)      // one world, every epoch kept
//	row, err := lab.Sound(ctx, s, 1, 20) // attack against honesty at equal means
//
// A world holds validators (stake, noise, plays), miners (skill, cost, plays) and one subnet. Nothing
// is modelled twice: the epoch and the timing of hidden weights are consensus/yuma, the owner's cut is
// consensus/issuance, rows are made by neuron/validator, and what an answer is worth is decided by the
// market's reward functions, which join by a Market adapter in the market's folder.
//
// What a player may know is what it could know in reality: weights once they are public, its own
// scores and pay, the questions it gets (MinerView, VoterView). A play is one file of lab/adversary,
// registered under a name that a scenario uses.
//
// Everything random follows from the seed, each player drawing from a stream of its own, so that an
// attack and its honest twin differ by the attack alone. The same scenario and seed give the same
// bytes on any number of processors.
package lab
