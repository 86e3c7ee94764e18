package yuma

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkEpoch measures one epoch of a subnet in its steady state: bonds are those of an earlier
// epoch and the workspace is warm.
func BenchmarkEpoch(b *testing.B) {
	for _, size := range []struct{ n, validators, percent int }{
		{256, 64, 100},
		{1024, 64, 100},
		{4096, 64, 100},
		{4096, 4096, 10},
	} {
		for _, form := range []struct {
			name          string
			variant       Variant
			yuma3, liquid bool
		}{
			{"2024", V2024, false, false},
			{"yuma3", V2026, true, false},
			{"liquid", V2026, true, true},
		} {
			name := fmt.Sprintf("%dx%d/%d%%/%s", size.n, size.validators, size.percent, form.name)
			b.Run(name, func(b *testing.B) {
				s := benchSubnet(size.n, size.validators, size.percent, form.variant)
				s.in.Yuma3, s.in.LiquidAlpha = form.yuma3, form.liquid
				if form.liquid {
					s.in.BondsPenalty = 0 // speeds then differ from cell to cell
				}
				s.ws.Trace = nil
				s.in.Block, s.in.Tempo = 2, 1
				s.epoch(b)
				s.epoch(b) // fills s.in with the bonds that the loop measures
				b.ReportAllocs()
				for b.Loop() {
					if _, err := s.ws.Epoch(&s.in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// benchSubnet is a subnet whose first uids validate and agree on the servers up to noise.
func benchSubnet(n, validators, percent int, v Variant) *subnet {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	p := DefaultParams(v)
	p.MaxAllowedValidators = uint16(validators)
	s := newSubnet(p, n)
	if percent < 50 { // a majority cannot agree on what most do not rate
		s.in.Kappa = 3000
	}
	quality := make([]int, n)
	for j := range quality {
		quality[j] = 1000 + r.IntN(50000)
	}
	for i := range validators {
		s.in.Stake[i] = 1_000_000_000_000 + r.Uint64N(9_000_000_000_000)
		s.in.Permit[i] = true
		s.in.LastUpdate[i] = 1
		var uids, values []uint16
		for j := range n {
			if j != i && r.IntN(100) < percent {
				uids = append(uids, uint16(j))
				values = append(values, uint16(quality[j]+r.IntN(10000)))
			}
		}
		s.weights[i] = MakePairs(uids, MaxUpscale(values))
	}
	return s
}
