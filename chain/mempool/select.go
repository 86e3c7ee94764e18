package mempool

import (
	"container/heap"

	"github.com/ergon-network/ergon/chain/fees"
)

// Space is room in a block.
type Space struct {
	Bytes int64
	Txs   int
}

func (s Space) part(percent int) Space {
	return Space{Bytes: s.Bytes * int64(percent) / 100, Txs: max(1, s.Txs*percent/100)}
}

// Shares of a block, in percent. Each lane is sure of its Share; what others leave it may use up
// to its Most. A block that gives a lane more than its Most of the ledger's largest block is
// refused by every honest producer (Check).
var (
	Share = [fees.Lanes]int{fees.Weights: 40, fees.Registrations: 10, fees.Free: 20, fees.Paid: 30}
	Most  = [fees.Lanes]int{fees.Weights: 80, fees.Registrations: 50, fees.Free: 70, fees.Paid: 80}
)

// MaxTxs is the most transactions a block holds, whatever their size; FreePerBlock the most free
// calls of one signer.
const (
	MaxTxs       = 4000
	FreePerBlock = 64
)

// order in which lanes are served.
var order = [fees.Lanes]fees.Lane{fees.Weights, fees.Registrations, fees.Free, fees.Paid}

// head is the next transaction of an account.
type head struct {
	tx    *Tx
	owner *account
	at    int // in owner.waiting: how many of the account have gone before
}

// heads is a heap of them, the next to go on top: the highest rank, then who has had the fewest
// turns in this block, then who came first.
type heads []head

func (h heads) Len() int      { return len(h) }
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h heads) Less(i, j int) bool {
	a, b := h[i], h[j]
	if a.tx.Rank != b.tx.Rank {
		return a.tx.Rank > b.tx.Rank
	}
	if a.at != b.at {
		return a.at < b.at
	}
	return a.tx.order < b.tx.order
}
func (h *heads) Push(x any) { *h = append(*h, x.(head)) }
func (h *heads) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// selection is a block being filled.
type selection struct {
	queues [fees.Lanes]heads
	used   [fees.Lanes]Space
	total  Space
	room   Space
	free   map[string]int
	may    func(*Tx) bool
	out    []*Tx
}

// Select fills a block. may is asked once for each transaction, in the order in which they would
// go; one that it refuses holds back what else waits of its account.
func (p *Pool) Select(room Space, may func(*Tx) bool) []*Tx {
	s := &selection{room: Space{Bytes: room.Bytes, Txs: min(room.Txs, MaxTxs)}, free: map[string]int{}, may: may}
	for _, a := range p.accounts {
		if len(a.waiting) > 0 {
			s.push(head{tx: a.waiting[0], owner: a})
		}
	}
	for _, percent := range [...][fees.Lanes]int{Share, Most} {
		for again := true; again; {
			again = false
			for _, lane := range order {
				if s.serve(lane, s.room.part(percent[lane])) {
					again = true // the next of that account may be in a lane that was served before
				}
			}
		}
	}
	return s.out
}

func (s *selection) push(h head) { heap.Push(&s.queues[h.tx.Call.Lane], h) }

// serve takes transactions of a lane while there is room for them, and tells whether it took any.
func (s *selection) serve(lane fees.Lane, limit Space) (any bool) {
	queue := &s.queues[lane]
	for queue.Len() > 0 {
		h := (*queue)[0]
		size := int64(len(h.tx.Bytes)) + framing
		if used := s.used[lane]; used.Txs+1 > limit.Txs || used.Bytes+size > limit.Bytes ||
			s.total.Txs+1 > s.room.Txs || s.total.Bytes+size > s.room.Bytes {
			return any
		}
		heap.Pop(queue)
		if h.tx.Call.Free() && s.free[h.tx.Signer] >= FreePerBlock || !s.may(h.tx) {
			continue
		}
		if h.tx.Call.Free() {
			s.free[h.tx.Signer]++
		}
		s.used[lane].Txs++
		s.used[lane].Bytes += size
		s.total.Txs++
		s.total.Bytes += size
		s.out = append(s.out, h.tx)
		any = true
		if h.at++; h.at < len(h.owner.waiting) {
			h.tx = h.owner.waiting[h.at]
			s.push(h)
		}
	}
	return any
}

// framing is what a block adds to a transaction's bytes, at most.
const framing = 6
