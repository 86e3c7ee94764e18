package video

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Content types of a task.
const (
	synthetic = "synthetic" // drawn by the validator
	organic   = "organic"   // a user's clip
)

// order is a task for one miner before it is made: enough to make the very same one again after a
// restart. It is the payload of the task's job.
type order struct {
	Kind      reward.Kind    `json:"kind"`
	Seed      uint64         `json:"seed,string"` // of the round's clip
	Threshold float64        `json:"threshold,omitempty"`
	Codec     string         `json:"codec,omitempty"`
	Organic   string         `json:"organic,omitempty"` // id of a user's clip
	Address   netip.AddrPort `json:"address"`
	// Fault is set for a miner that is not asked, because it did not say what it does.
	Fault *reward.Fault `json:"fault,omitempty"`
}

func parseOrder(payload []byte) (order, error) {
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return o, fmt.Errorf("read a job's payload: %w", err)
	}
	return o, nil
}

// clip is what the clip maker needs. A user's clip is the same for all miners.
func (o order) clip(hotkey string) clips.Order {
	if o.Organic != "" {
		hotkey = ""
	}
	return clips.Order{Kind: o.Kind, Seed: o.Seed, Miner: hotkey, Threshold: o.Threshold, Codec: o.Codec}
}

// deal is what a round's seed decides: one clip for each kind, one threshold for all. Every miner
// gets its own variation of the clip, so copying or relaying an answer fails (video §11 #1, #2).
type deal struct {
	seed       [32]byte
	thresholds []float64
	codec      string
}

func newDeal(seedHex string, p *reward.Profile, codec string) (deal, error) {
	d := deal{thresholds: p.Thresholds, codec: codec}
	raw, err := hex.DecodeString(seedHex)
	if err != nil || len(raw) != len(d.seed) {
		return d, fmt.Errorf("round seed %.80q is not %d hex bytes", seedHex, len(d.seed))
	}
	copy(d.seed[:], raw)
	return d, nil
}

// drawSeed draws a round's seed. It is secret until the round is over.
func drawSeed() string {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails
	return hex.EncodeToString(seed[:])
}

func (d deal) number(label string) uint64 {
	sum := sha256.Sum256(append([]byte("ergon video round\n"+label+"\n"), d.seed[:]...))
	return binary.LittleEndian.Uint64(sum[:])
}

// order is the task of a kind. Miners of a kind work on one clip under one threshold.
func (d deal) order(kind reward.Kind) order {
	o := order{Kind: kind, Seed: d.number(string(kind))}
	if kind == reward.Compression {
		o.Threshold = d.thresholds[d.number("threshold")%uint64(len(d.thresholds))]
		o.Codec = d.codec
	}
	return o
}

// taskID is the name of a task whose clip is never made.
func (d deal) taskID(hotkey string) string {
	return fmt.Sprintf("%024x", d.number("unasked "+hotkey))
}
