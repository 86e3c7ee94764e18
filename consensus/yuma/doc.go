// Package yuma is Yuma Consensus: it turns what validators say about servers into who is paid.
//
// One call of Epoch takes everything a subnet stored (stake, weight rows, bond rows, clocks) and
// returns everything it stores next, with the emission of each uid. It is a pure function over
// integers: same input, same bits, on every machine. It reads no clock, does no I/O, and no input
// makes it panic; what does not fit together is an error wrapping ErrInput.
//
// Two variants of the rules exist and differ in their masks, their permits and what they store:
//
//	V2024  the chain as it stood in July 2024: one bond rule, pruning scores
//	V2026  the chain of June 2026: owner exceptions, stake threshold, commit masks, bonds penalty,
//	       Yuma3 bonds and liquid alpha
//
// A repeated caller keeps a Workspace, whose memory is reused:
//
//	var ws yuma.Workspace
//	out, err := ws.Epoch(&input) // out is valid until the next call
//
// Around the epoch stand the pure rules that a ledger needs to feed it: weight submission
// (weights.go), commit-reveal (commit.go), the schedule of epochs (schedule.go) and the choice of
// the uid that gives way to a newcomer (prune.go).
//
// Section numbers such as `yuma §4.9` name the project's specification of the algorithm.
package yuma
