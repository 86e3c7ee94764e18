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
//
// Every question gets a nonce later than the one before and carries this process's uuid, so axons of
// either kind accept parallel questions. What comes back is bounded in size and time, redirects are
// not followed, and an answer fills the outputs of a fresh struct: neither the question nor its
// inputs in the answer can be changed by a peer.
//
// Failures do not stop a round. A Result has a status number as the SDK gives it and a Go error:
//
//	200  answered             408  no answer in time       503  refused, disconnected or bad address
//	422  the answer does not parse                         other: what the axon said
//
// Addresses come from a public ledger, where anybody may write "ask 10.0.0.1": unless
// Options.AllowPrivate is set, loopback, private and link-local targets are not contacted.
package dendrite
