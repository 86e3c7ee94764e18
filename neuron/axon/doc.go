// Package axon is a neuron's server: it answers synapses sent by dendrites over HTTP (wire §5) and
// interoperates with Bittensor's SDK. One line attaches a handler; the request's type is its schema:
//
//	a, err := axon.New(axon.Options{Key: hotkey, Blacklist: unknownKeys, Priority: byStake})
//	err = axon.Handle(a, func(ctx context.Context, call axon.Call, req *Dummy) error {
//		double := 2 * req.DummyInput
//		req.DummyOutput = &double
//		return nil
//	})
//	ln, err := net.Listen("tcp", ":8091")
//	err = a.Run(ctx, ln) // serves until ctx ends, then drains
//
// HandleStream does the same for answers that come piece by piece. Every request passes, in this
// order: route, headers, signature and freshness, blacklist, replay set, body, priority queue, schema
// and hash of the body, handler. A handler runs only for a caller whose hotkey signed this very
// question for this very axon, once, also across restarts (Options.Replay). Where the original is
// unsafe the strict rule is on; Compat names each rule that can be switched off, and Original is all
// of them.
//
//	status  meaning
//	200     the handler's answer
//	400     bad or duplicate headers, bad JSON, body does not match the signed hash
//	401     not verified: unsigned, forged, stale, future, replayed, meant for another axon
//	403     blacklisted
//	404     no such route          405  neither POST nor GET
//	408     deadline passed        413  body too large
//	422     body does not fit the schema           431  too many or too long headers
//	500     the handler failed; the text carries an id that the log explains
//	503     queue, replay set or room for bodies full: try later
//
// Nothing a stranger does takes more than the bounds of Options: where they are met, the oldest
// stranger's connection, the largest upload or the lowest rank in the queue gives way. Package hostile
// shows it.
//
// A success carries the header ergon_answer_signature: the axon's signature over the request's
// identity and the answer's bytes (synapse.AnswerText). Peers that do not know it ignore it.
// Reverse proxies drop header names with underscores unless told otherwise (nginx:
// underscores_in_headers on).
package axon
