package types

import "testing"

// Stateless validation never panics on what a transaction decodes to, and what it lets through can
// be encoded again.
func FuzzStateless(f *testing.F) {
	for _, m := range []interface{ Marshal() ([]byte, error) }{
		&MsgCommitWeights{Hotkey: "5F", Netuid: 1, Hash: make([]byte, 32)},
		&MsgRevealWeights{Hotkey: "5F", Netuid: 1, Uids: []uint32{1, 65536}, Values: []uint32{2}, Salt: make([]uint32, 257)},
	} {
		raw, err := m.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var commit MsgCommitWeights
		if commit.Unmarshal(raw) == nil && commit.ValidateBasic() == nil && len(commit.Hash) != 32 {
			t.Errorf("a hash of %d bytes passes", len(commit.Hash))
		}
		var reveal MsgRevealWeights
		if reveal.Unmarshal(raw) != nil || reveal.ValidateBasic() != nil {
			return
		}
		if len(reveal.Salt) > MaxSalt {
			t.Errorf("%d numbers of salt pass", len(reveal.Salt))
		}
		if _, err := reveal.Marshal(); err != nil {
			t.Error(err)
		}
	})
}
