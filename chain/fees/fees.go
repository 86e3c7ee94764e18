// Package fees says which calls pay, how much, and in which lane of a block each travels. It is
// the one place for that: the ledger's checks, the node's mempool and the client that fills in a
// fee all ask here. docs/fees.md tells the same to users.
package fees

import (
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// What a paid transaction costs, in rao: a fixed part for each call in it and a part for each of
// its bytes (chain §2.2), which are counted in whole units, so that the fee that is shown is the
// fee that is taken although a sequence has grown by a digit. Fees are recycled: the issuance falls
// by them.
const (
	PerCall = 125_000
	PerByte = 1
	Unit    = 256 // bytes
)

// Bounds on what one transaction may carry, free or not.
const (
	MaxCalls = 64 // messages, those wrapped in others included
	MaxDepth = 2  // an authz execution inside an authz execution, and no further
)

// Quote is the fee of a transaction of so many encoded bytes and calls.
func Quote(bytes, calls int) uint64 {
	units := (uint64(bytes) + Unit - 1) / Unit
	return PerCall*uint64(calls) + PerByte*Unit*units
}

// Calls counts the messages of a transaction, the wrapped ones and their wrappers included, and
// tells how deep they are wrapped: 0 when none is. What a wrapper holds must be unpacked already,
// as it is in a decoded transaction. It stops counting where either bound is passed, so that its
// work is bounded, and the answer is then over the bound.
func Calls(msgs []sdk.Msg) (calls, depth int) { return count(msgs, 0) }

func count(msgs []sdk.Msg, level int) (calls, depth int) {
	depth = level
	for _, m := range msgs {
		calls++
		if calls > MaxCalls || level > MaxDepth {
			return calls, depth
		}
		switch wrapper := m.(type) {
		case *authz.MsgExec:
			inner, err := wrapper.GetMessages()
			if err != nil {
				continue // the message itself is refused when it runs
			}
			n, d := count(inner, level+1)
			calls, depth = calls+n, max(depth, d)
		case *banktypes.MsgMultiSend:
			calls += len(wrapper.Outputs) // each output is a transfer of its own
		}
	}
	return calls, depth
}

// Call is a transaction as the fee policy sees it.
type Call struct {
	Lane Lane
	// Slot names what only one free transaction at a time may be about: the kind of call, the hotkey
	// and the subnet. Empty when the transaction pays.
	Slot string
	// Replace tells that a newer call makes an older one of the same slot pointless.
	Replace bool
	// Hotkey and Netuid are set when the free call belongs to a neuron: the hotkey must hold a uid.
	Neuron bool
	Hotkey string
	Netuid uint32
}

// Free tells whether the transaction travels without a fee.
func (c Call) Free() bool { return c.Slot != "" }

// Of classes a transaction of the messages that offers a fee or none. A free call that offers a
// fee is a paid one, which is how somebody who has used up the free ones goes on; so is every
// batch, and whatever is wrapped in another call.
func Of(msgs []sdk.Msg, offersFee bool) Call {
	if offersFee || len(msgs) != 1 {
		return Call{Lane: Paid}
	}
	r := rules[sdk.MsgTypeURL(msgs[0])]
	if r.lane == Paid || r.free != nil && !r.free(msgs[0]) {
		return Call{Lane: Paid}
	}
	c := Call{Lane: r.lane, Replace: r.replace, Neuron: r.neuron}
	if m, ok := msgs[0].(interface{ GetHotkey() string }); ok {
		c.Hotkey = m.GetHotkey()
	}
	if m, ok := msgs[0].(interface{ GetNetuid() uint32 }); ok {
		c.Netuid = m.GetNetuid()
	}
	c.Slot = slot(msgs[0], c.Hotkey, c.Netuid)
	return c
}

// MayBeFree tells whether a transaction of the messages is free when it offers no fee.
func MayBeFree(msgs []sdk.Msg) bool { return Of(msgs, false).Free() }
