// Package synapse is the message two neurons exchange: its schema, its JSON body, its headers, the
// hash over its fields and the text that is signed. It speaks the wire of Bittensor's SDK exactly
// (wire §2–§4, §7) and does no I/O; axon and dendrite carry it.
//
// A market declares its message as a struct with wire tags:
//
//	type Dummy struct {
//		DummyInput  int  `wire:"dummy_input"`         // asked by the validator
//		DummyOutput *int `wire:"dummy_output,output"` // filled by the miner
//	}
//
// The type's name is the message's name and URL path. Tag options, separated by commas:
//
//	output     filled by the one who answers; nullable, never hashed by default
//	optional   an input that may be null (pointers are optional by themselves)
//	frozen     an output that an answer may not change
//	default=J  the JSON value J stands in when the field is absent; must come last
//
// Kinds are int, float, bool, string, list, dict with string keys, nested struct, Tensor and any. An input
// without default is required; receivers written in Python then need it to accept an empty
// placeholder, and field names must be lower case (wire §2.2).
//
// By default all inputs are hashed, so the signature covers the whole question. A type that mirrors
// a schema of the SDK says otherwise with a method HashFields() []string; an empty list is the SDK's
// own default and leaves the body unauthenticated. A method SynapseName() string renames the message.
//
// Values travel between Go, JSON and Python's str() as a tree of nil, bool, int64, *big.Int,
// float64, string, []any and *Dict. Dicts keep the order in which keys arrived, because the hash
// depends on it.
package synapse
