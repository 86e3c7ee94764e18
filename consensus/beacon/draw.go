package beacon

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// Draw is what a draw is for. Two draws that differ in any of it are independent, although they
// use the same mix.
type Draw struct {
	Kind   string // of draw; a constant of the module that makes it
	Netuid uint16
	Epoch  uint64
}

// Index draws one of n, each with the same chance; n = 0 gives 0. Numbers that would favour the
// first ones are drawn again (attest §2.4, where the original never draws the last one).
func (d Draw) Index(mix Value, n uint64) uint64 {
	if n < 2 {
		return 0
	}
	limit := math.MaxUint64 - (math.MaxUint64%n+1)%n // the last number that favours nobody
	for try := uint64(0); ; try++ {
		if r := d.number(mix, try); r <= limit {
			return r % n
		}
	}
}

func (d Draw) number(mix Value, try uint64) uint64 {
	b := make([]byte, 0, 96+len(d.Kind))
	b = append(b, domainDraw...)
	b = append(b, mix[:]...)
	b = binary.BigEndian.AppendUint16(b, d.Netuid)
	b = binary.BigEndian.AppendUint64(b, d.Epoch)
	b = binary.BigEndian.AppendUint64(b, try)
	b = append(b, d.Kind...)
	h := sha256.Sum256(b)
	return binary.BigEndian.Uint64(h[:])
}
