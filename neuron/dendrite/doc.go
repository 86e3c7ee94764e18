// Package dendrite is a neuron's client: it signs questions, sends them to axons and reads their
// answers (wire §6.1), to Bittensor's SDK or to package axon alike.
//
//	d, err := dendrite.New(dendrite.Options{Key: hotkey})
//	results := dendrite.Query(ctx, d, targets, &Dummy{DummyInput: 7})
//	for _, r := range results { // in the order of targets
//		if r.Err == nil {
//			fmt.Println(*r.Answer.DummyOutput)
//		}
//	}
//	for i, r := range dendrite.Each(ctx, d, targets, &Dummy{DummyInput: 7}) { // as they arrive
//	}
//	for piece, err := range dendrite.Stream(ctx, d, target, &Prompt{Text: "…"}) { // in pieces
//	}
//
// Every question gets a nonce later than the one before and carries this process's uuid, so axons of
// either kind accept parallel questions. What comes back is bounded in size and time, redirects are
// not followed, and an answer fills the outputs of a fresh struct: neither the question nor its
// inputs in the answer can be changed by a peer.
//
// A timeout counts from when a call is asked for. Calls to one axon beyond Options.PerTarget wait
// for their turn, and that is part of it; Result.Waited and Result.Elapsed tell the two apart.
//
// An axon that cannot be reached, disconnects or is silent Options.BreakAfter times in a row is left
// alone for Options.BreakPause; then one call tries it and decides. Whatever an axon says, a refusal
// included, shows that it is there.
//
// Failures do not stop a round. A Result has a status number as the SDK gives it and a Go error:
//
//	200  answered             408  no answer in time       503  refused, disconnected or bad address
//	422  the answer does not parse                         other: what the axon said
//
// ErrLocal tells failures of this side, for which no axon must pay, from theirs. *OpenError says when
// an axon that is left alone will be asked again.
//
// Addresses come from a public ledger, where anybody may write "ask 10.0.0.1": unless
// Options.AllowPrivate is set, loopback, private and link-local targets are not contacted.
package dendrite
