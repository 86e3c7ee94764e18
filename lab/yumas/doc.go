// Package yumas holds the forms of Yuma Consensus that public simulators compare, in plain floats, beside
// the exact integer forms of the ledger, so that one call settles the same stakes and weights under all of
// them:
//
//	for _, m := range yumas.Models() {
//		results, err := yumas.Replay(ctx, archive, m)
//	}
//
// The float models are the formulas and nothing else: every uid with a row votes, nobody is inactive, newly
// registered or without a permit. They agree with the exact code where they describe the same rules, which
// the tests hold them to; what they differ in is one function each, see Models.
//
// Cases are small archives that show where the forms part: who is first, who is late, who is clipped.
package yumas
