package interop

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// Flow is answered by a stream (wire §6.3): its value again and again. Some values ask for more; see
// flowing.
type Flow struct {
	Value  string  `wire:"value"`
	Answer *string `wire:"answer,output"`
}

// What a Flow may ask for, in peer.py too.
const (
	flowFails  = "fail"  // before the first piece
	flowBreaks = "break" // after it
	flowSleeps = "sleep" // a second between pieces
	flowPieces = 3
)

// newFlow is the streaming message.
func newFlow() kind {
	k := newKind("str", drawText, func(m *Flow) **string { return &m.Answer })
	k.stream = true
	k.attach = func(a *axon.Axon) error { return axon.HandleStream(a, flowing) }
	k.ask = func(ctx context.Context, d *dendrite.Dendrite, targets []dendrite.Target, value any, timeout time.Duration) ([]outcome, error) {
		var out []outcome
		for _, target := range targets {
			text, _ := value.(string)
			var end dendrite.StreamEnd
			var got []byte
			for piece, err := range dendrite.Stream(ctx, d, target, &Flow{Value: text}, dendrite.WithTimeout(timeout), dendrite.WithEnd(&end)) {
				if err == nil {
					got = append(got, piece...)
				}
			}
			o := outcome{Status: end.Status, Message: end.Message, Value: synapse.PyRepr(value), Answer: string(got)}
			if end.Err == nil {
				o.Message = "Success"
			}
			out = append(out, o)
		}
		return out, nil
	}
	return k
}

func flowing(ctx context.Context, _ axon.Call, m *Flow, send func([]byte) error) error {
	if m.Value == flowFails {
		return errors.New("the disk is full")
	}
	for i := range flowPieces {
		if i > 0 && m.Value == flowBreaks {
			return errors.New("the disk is full")
		}
		if i > 0 && m.Value == flowSleeps {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
			}
		}
		if err := send([]byte(m.Value + "\n")); err != nil {
			return err
		}
	}
	return nil
}

// streams are the cases of Flow: values, what its handler may do, and the faults of a request, one
// half of them drawn.
func streams(r *rand.Rand) []question {
	var out []question
	for range valuesPerKind {
		out = append(out, question{"Flow", drawText(r), fault{name: "streamed"}})
	}
	for _, f := range []fault{
		{name: "stream fails before its first piece", act: flowFails}, {name: "stream breaks", act: flowBreaks},
		{name: "stream is slow", act: flowSleeps, timeout: 1500 * time.Millisecond, request: header("timeout", "12.0")},
	} {
		out = append(out, question{"Flow", f.act, f})
	}
	for _, f := range faults()[1:] {
		if f.act == "" && !f.barred && f.answer == nil && r.IntN(2) == 0 {
			out = append(out, question{"Flow", drawText(r), f})
		}
	}
	return out
}
