package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/lab"
)

// Bounds of what a report shows, whatever the length of the run and the number of uids.
const (
	mostPoints = 240 // of a line
	mostFrames = 25  // of a matrix
	mostRows   = 32  // validators of a matrix
	mostCols   = 64  // miners of a matrix
	mostGroups = 24  // whose mean bonds are kept; the last holds all others
	mostListed = 100 // groups of the table
)

// bucket is the epochs that one point of a line stands for; it is named by the last of them.
type bucket struct{ from, to int } // from ≤ epoch < to

func (b bucket) epoch() int { return b.to - 1 }

// bucketsOf cuts a run into at most mostPoints pieces of one length; the first may be shorter, so that
// the last one ends with the run.
func bucketsOf(epochs int) []bucket {
	stride := (epochs + mostPoints - 1) / mostPoints
	var out []bucket
	for to := (epochs-1)%stride + 1; to <= epochs; to += stride {
		out = append(out, bucket{max(0, to-stride), to})
	}
	return out
}

// recorder keeps what a report shows of weights and bonds while a run is settled.
type recorder struct {
	buckets []bucket
	at      map[int]int  // bucket by its last epoch
	framed  map[int]bool // epochs of the matrices
	n       int          // players
	rows    []int        // validators, by group
	groupOf []int        // by player, below mostGroups
	holder  []int        // player by uid in the epoch that is looked at
	sizes   []int        // of those groups

	weights, bonds []frame
	means          [][]float64 // by point: mean bond of a pair, by group of the validator and of the miner
	fine           [][]float32 // by point: bonds of rows × players
}

// frame is rows × players, of 65535.
type frame struct {
	epoch int
	cells []uint16
}

// newRecorder prepares for a run whose players are known.
func newRecorder(glance *lab.Result, epochs int) *recorder {
	c := &recorder{buckets: bucketsOf(epochs), at: map[int]int{}, framed: map[int]bool{}, n: len(glance.Players)}
	for i, b := range c.buckets {
		c.at[b.epoch()] = i
	}
	frames := min(mostFrames, len(c.buckets))
	for i := range frames {
		k := len(c.buckets) - 1
		if frames > 1 {
			k = i * (len(c.buckets) - 1) / (frames - 1)
		}
		c.framed[c.buckets[k].epoch()] = true
	}
	c.groupOf = make([]int, c.n)
	var voting []group
	groups := groupsOf(glance)
	c.sizes = make([]int, min(len(groups), mostGroups))
	for i, g := range groups {
		for _, uid := range g.UIDs {
			c.groupOf[uid] = min(i, mostGroups-1)
			c.sizes[c.groupOf[uid]]++
		}
		if !g.Mines {
			voting = append(voting, g)
		}
	}
	c.rows = fair(voting, mostRows, func(a, b int) int { return cmp.Compare(glance.Stake[b], glance.Stake[a]) })
	return c
}

// watch is a lab.Watch.
func (c *recorder) watch(e lab.Settling) {
	if _, ok := c.at[e.Epoch]; !ok {
		return
	}
	c.holder = e.Holder
	bonds := &e.Out.Raw.Bonds
	c.means = append(c.means, c.mean(bonds))
	fine := make([]float32, len(c.rows)*c.n)
	c.cells(bonds, func(at int, v fixed.I32F32) { fine[at] += float32(share(v)) })
	c.fine = append(c.fine, fine)
	if c.framed[e.Epoch] {
		c.weights = append(c.weights, c.frame(e.Epoch, &e.Out.Raw.Weights))
		c.bonds = append(c.bonds, c.frame(e.Epoch, bonds))
	}
}

// cells passes what the rows' validators have in each player. A player with two uids is one.
func (c *recorder) cells(m *yuma.Matrix, each func(at int, v fixed.I32F32)) {
	for uid, player := range c.holder {
		i := slices.Index(c.rows, player)
		if i < 0 {
			continue
		}
		for _, cell := range m.Row(uid) {
			each(i*c.n+c.holder[cell.UID], cell.Value)
		}
	}
}

func share(v fixed.I32F32) float64 { return float64(v) / float64(fixed.One) }

func (c *recorder) frame(epoch int, m *yuma.Matrix) frame {
	f := frame{epoch, make([]uint16, len(c.rows)*c.n)}
	c.cells(m, func(at int, v fixed.I32F32) {
		f.cells[at] = uint16(min(math.Round(float64(f.cells[at])+max(share(v), 0)*math.MaxUint16), math.MaxUint16))
	})
	return f
}

// mean is the mean bond of all pairs of two groups.
func (c *recorder) mean(m *yuma.Matrix) []float64 {
	k := len(c.sizes)
	sums := make([]float64, k*k)
	for uid, player := range c.holder {
		for _, cell := range m.Row(uid) {
			sums[c.groupOf[player]*k+c.groupOf[c.holder[cell.UID]]] += share(cell.Value)
		}
	}
	for i := range sums {
		sums[i] /= float64(c.sizes[i/k] * c.sizes[i%k])
	}
	return sums
}
