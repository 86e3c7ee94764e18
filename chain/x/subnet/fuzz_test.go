package subnet

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

var errUndecodable = errors.New("undecodable")

// method is the place of a message's method in the service; messages added later take part too.
func method(name string) uint8 {
	return uint8(slices.IndexFunc(types.Msg_serviceDesc.Methods, func(m grpc.MethodDesc) bool { return m.MethodName == name }))
}

// Whatever a message holds, the server answers without a panic, and what it accepts leaves the
// module sound.
func FuzzMessages(f *testing.F) {
	for name, m := range map[string]proto.Message{
		"CreateSubnet":      &types.MsgCreateSubnet{Coldkey: addr("owner"), Name: "n"},
		"Register":          &types.MsgRegister{Coldkey: addr("cold"), Hotkey: addr("hot"), Netuid: 1},
		"ServeAxon":         &types.MsgServeAxon{Hotkey: addr("a"), Netuid: 1, Axon: types.Axon{Ip: "8.8.8.8", IpType: 4, Port: 80}},
		"SetHyperparameter": &types.MsgSetHyperparameter{Coldkey: addr("owner"), Netuid: 1, Name: "kappa", Value: "7"},
		"RootRegister":      &types.MsgRootRegister{Coldkey: addr("cold a"), Hotkey: addr("a")},
		"DissolveSubnet":    &types.MsgDissolveSubnet{Coldkey: addr("owner"), Netuid: 1},
		"TransferSubnet":    &types.MsgTransferSubnet{Coldkey: addr("owner"), Netuid: 1, NewOwner: addr("heir")},
		"SetParam":          &types.MsgSetParam{Root: addr("root"), Name: "defaults.tempo", Value: "99"},
	} {
		raw, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(method(name), raw)
	}
	for i := range types.Msg_serviceDesc.Methods {
		f.Add(uint8(i), []byte{})
	}
	w := full(f, types.Variant2026)
	w.rich("cold", "cold a")
	w.at(100_000)
	stake := w.stake
	f.Fuzz(func(t *testing.T, i uint8, raw []byte) {
		m := types.Msg_serviceDesc.Methods[int(i)%len(types.Msg_serviceDesc.Methods)]
		w.k.stake = stake.clone()
		ctx, _ := w.ctx.CacheContext()
		_, err := m.Handler(w.msg, ctx, func(in any) error {
			if proto.Unmarshal(raw, in.(proto.Message)) != nil {
				return errUndecodable
			}
			return nil
		}, nil)
		if err != nil {
			return
		}
		if err := w.k.Invariants(ctx); err != nil {
			t.Fatalf("%s %x: %v", m.MethodName, raw, err)
		}
	})
}

func (f *fakeStake) clone() *fakeStake {
	c := *f
	c.balance, c.slots, c.staked = maps.Clone(f.balance), maps.Clone(f.slots), maps.Clone(f.staked)
	c.delegate, c.unlocked = maps.Clone(f.delegate), maps.Clone(f.unlocked)
	c.hotkeys, c.owners, c.coldkeys = slices.Clone(f.hotkeys), slices.Clone(f.owners), slices.Clone(f.coldkeys)
	return &c
}
