package pow

import (
	"encoding/hex"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/consensus/internal/vectors"
)

func bytes32(t testing.TB, text string) (b [Size]byte) {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != Size {
		t.Fatalf("vector %q: %v", text, err)
	}
	copy(b[:], raw)
	return b
}

func TestPowSealVectors(t *testing.T) {
	var section struct {
		Cases []struct {
			BlockHash string `json:"block_hash"`
			Hotkey    string
			Nonce     uint64 `json:",string"`
			Inner     string
			Seal      string
			Highest   uint64 `json:"highest_difficulty_met,string"`
		}
		Search struct {
			BlockHash  string `json:"block_hash"`
			Hotkey     string
			Difficulty uint64 `json:",string"`
			Start      uint64 `json:"start_nonce,string"`
			First      uint64 `json:"first_nonce_that_meets,string"`
			Seal       string
		}
	}
	vectors.Must(t, "../yuma/testdata/chain.json", "pow_seal", &section)
	if len(section.Cases) != 3 {
		t.Errorf("%d cases, want 3", len(section.Cases))
	}
	for _, c := range section.Cases {
		p := Unbound(bytes32(t, c.BlockHash), bytes32(t, c.Hotkey))
		if p != bytes32(t, c.Inner) {
			t.Errorf("nonce %d: puzzle %x, want %s", c.Nonce, p, c.Inner)
		}
		seal := p.Seal(c.Nonce)
		if seal != bytes32(t, c.Seal) {
			t.Errorf("nonce %d: seal %x, want %s", c.Nonce, seal, c.Seal)
		}
		if !Meets(seal, c.Highest) || Meets(seal, c.Highest+1) {
			t.Errorf("nonce %d: highest difficulty met is not %d", c.Nonce, c.Highest)
		}
	}
	s := section.Search
	sealer := NewSealer(Unbound(bytes32(t, s.BlockHash), bytes32(t, s.Hotkey)))
	nonce := s.Start
	for !Meets(sealer.Seal(nonce), s.Difficulty) {
		nonce++
	}
	if nonce != s.First || sealer.Seal(nonce) != bytes32(t, s.Seal) {
		t.Errorf("search ends at nonce %d with %x, want %d with %s", nonce, sealer.Seal(nonce), s.First, s.Seal)
	}
}

// Numbers of our own form, so that nobody changes it by accident.
func TestPuzzleBindsTheSubnet(t *testing.T) {
	hash := bytes32(t, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	hotkey := bytes32(t, "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f")
	seen := map[[Size]byte]bool{Unbound(hash, hotkey).Seal(1): true}
	for _, netuid := range []uint16{0, 1, 2, 256, 65535} {
		seal := New(hash, hotkey, netuid).Seal(1)
		if seen[seal] {
			t.Errorf("netuid %d: the seal fits another subnet", netuid)
		}
		seen[seal] = true
	}
	if got := New(hash, hotkey, 0x0102); got != bytes32(t, goldenPuzzle) {
		t.Errorf("puzzle %x", got)
	}
	if got := New(hash, hotkey, 0x0102).Seal(7); got != bytes32(t, goldenSeal) {
		t.Errorf("seal %x", got)
	}
}

func TestFresh(t *testing.T) {
	for _, c := range []struct {
		block, now uint64
		fresh      bool
	}{{7, 7, false}, {8, 7, false}, {6, 7, true}, {5, 7, true}, {4, 7, false}, {1<<64 - 1, 0, false}, {0, 1<<64 - 1, false}} {
		if Fresh(c.block, c.now) != c.fresh {
			t.Errorf("work for block %d in block %d: %v", c.block, c.now, !c.fresh)
		}
	}
}

func TestMeetsEqualsBigIntegers(t *testing.T) {
	limit := new(big.Int).Lsh(big.NewInt(1), 256)
	rapid.Check(t, func(t *rapid.T) {
		var work [Size]byte
		copy(work[:], rapid.SliceOfN(rapid.Byte(), Size, Size).Draw(t, "work"))
		for i := range rapid.IntRange(0, Size).Draw(t, "zeros") {
			work[i] = 0
		}
		difficulty := rapid.Uint64().Draw(t, "difficulty")
		product := new(big.Int).SetBytes(work[:])
		product.Mul(product, new(big.Int).SetUint64(difficulty))
		if got, want := Meets(work, difficulty), product.Cmp(limit) < 0; got != want {
			t.Fatalf("%x at %d: %v", work, difficulty, got)
		}
	})
	var all [Size]byte
	for i := range all {
		all[i] = 0xff
	}
	if !Meets(all, 1) || !Meets(all, 0) || Meets(all, 2) || !Meets([Size]byte{}, 1<<64-1) {
		t.Error("the ends are wrong")
	}
	half := [Size]byte{0x80}
	if !Meets(half, 1) || Meets(half, 2) { // exactly 2^256 is an overflow
		t.Error("2^255 at difficulty 2")
	}
}

func TestSealerDoesNotAllocate(t *testing.T) {
	s := NewSealer(Puzzle{1})
	nonce := uint64(0)
	if n := testing.AllocsPerRun(100, func() { nonce++; Meets(s.Seal(nonce), 1<<20) }); n > 0 {
		t.Errorf("%v allocations a seal", n)
	}
}

func BenchmarkSeal(b *testing.B) {
	s := NewSealer(Puzzle{1})
	for i := range b.N {
		Meets(s.Seal(uint64(i)), 1<<40)
	}
}

// Made with an independent implementation of Keccak-256.
const (
	goldenPuzzle = "b563fd4c466043d0958ea39fdd4bed756586678dd62175770489c9b2c3f32ab8"
	goldenSeal   = "94a343bcb66ff35e57410a689c6bdebc83d87aed6c1e7378bc4ff367caf55ca4"
)
