// Package mempool holds the transactions that wait for a block: one queue of consecutive
// sequences for each account, and lanes that share a block between them. It is plain data and
// arithmetic; chain/app feeds it what the ledger's checks have passed, and locks it.
//
// An account's transactions leave in the order of their sequences. Of free calls at most one of a
// slot waits; a newer one takes the place of an older one by carrying the same sequence.
package mempool

import (
	"crypto/sha256"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/keys"
)

// Bounds of one node's pool.
const (
	LaneTxs       = 8192     // waiting in one lane
	LaneBytes     = 16 << 20 // the same in bytes
	AccountTxs    = 64       // waiting of one account
	Patience      = 600      // blocks a transaction waits at most
	Window        = 100      // blocks over which free calls are counted
	FreePerWindow = 256      // free calls of one signer in a window, failed ones included
	regossip      = 10       // blocks after which a waiting transaction is offered to peers again
)

// Key is what a transaction's bytes hash to.
type Key [sha256.Size]byte

// KeyOf hashes a transaction.
func KeyOf(tx []byte) Key { return sha256.Sum256(tx) }

// Tx is a transaction that waits.
type Tx struct {
	Bytes    []byte
	Key      Key
	Signer   string // the account's bytes
	Sequence uint64
	Call     fees.Call
	Fee      uint64 // rao
	Rank     uint64 // the higher of a lane goes first; equal ones by turns and age
	Until    uint64 // the last block it may be in; 0: no such limit

	order  uint64 // of arrival
	offers uint64 // the block in which peers are offered it again
}

// account is what waits of one signer.
type account struct {
	next    uint64 // the sequence of waiting[0]
	waiting []*Tx  // of consecutive sequences
	fees    uint64
}

// Pool is the transactions that wait. It is not safe for concurrent use.
type Pool struct {
	accounts map[string]*account
	byKey    map[Key]*Tx
	lanes    [fees.Lanes]struct{ txs, bytes int }
	fresh    []*Tx          // not offered to peers yet
	used     map[string]int // free calls of a signer in this window
	height   uint64         // the last block
	arrivals uint64
}

// New makes an empty pool.
func New() *Pool {
	return &Pool{accounts: map[string]*account{}, byKey: map[Key]*Tx{}, used: map[string]int{}}
}

// Len is how many transactions wait.
func (p *Pool) Len() int { return len(p.byKey) }

// Has tells whether the transaction waits.
func (p *Pool) Has(k Key) bool { _, ok := p.byKey[k]; return ok }

// Fees is what the waiting transactions of a signer will cost it.
func (p *Pool) Fees(signer string) uint64 {
	if a := p.accounts[signer]; a != nil {
		return a.fees
	}
	return 0
}

// Fits tells whether there is a place for the transaction. next is the sequence that the ledger
// expects of the signer. It looks at nothing that needs the signature to be right.
func (p *Pool) Fits(tx *Tx, next uint64) error {
	if tx.Call.Free() && p.used[tx.Signer] >= FreePerWindow {
		return fees.ErrQuota.Wrapf("%s has made %d free calls in %d blocks: wait %d blocks, or offer a fee",
			keys.SS58([]byte(tx.Signer)), FreePerWindow, Window, Window-p.height%Window)
	}
	a := p.accounts[tx.Signer]
	if a == nil {
		a = &account{next: next}
	}
	end := a.next + uint64(len(a.waiting))
	if tx.Sequence < end && tx.Sequence >= a.next {
		return a.replaceable(tx)
	}
	if tx.Sequence != end {
		return sdkerrors.ErrWrongSequence.Wrapf("account sequence mismatch, expected %d, got %d", end, tx.Sequence)
	}
	if old := a.sameSlot(tx); old != nil {
		return fees.ErrWaiting.Wrapf("sequence %d is a %s call about the same: sign the new one with that sequence, or wait for the next block",
			old.Sequence, old.Call.Lane)
	}
	lane := p.lanes[tx.Call.Lane]
	if len(a.waiting) >= AccountTxs || lane.txs >= LaneTxs || lane.bytes+len(tx.Bytes) > LaneBytes {
		return fees.ErrFull.Wrapf("%d of this account, %d in the lane %s: send it again later", len(a.waiting), lane.txs, tx.Call.Lane)
	}
	return nil
}

// replaceable tells whether tx may take the place of the one that has its sequence.
func (a *account) replaceable(tx *Tx) error {
	old := a.waiting[tx.Sequence-a.next]
	if old.Key == tx.Key {
		return nil
	}
	if tx.Call.Replace && tx.Call.Slot == old.Call.Slot {
		return nil
	}
	return sdkerrors.ErrWrongSequence.Wrapf("account sequence mismatch, expected %d, got %d: a transaction with it waits already",
		a.next+uint64(len(a.waiting)), tx.Sequence)
}

func (a *account) sameSlot(tx *Tx) *Tx {
	if !tx.Call.Free() {
		return nil
	}
	for _, old := range a.waiting {
		if old.Call.Slot == tx.Call.Slot {
			return old
		}
	}
	return nil
}

// Count charges a free call to its signer's quota. It is called for every one that is let in,
// whatever becomes of it: what fails later, or gives way to a newer one, counts.
func (p *Pool) Count(signer string) { p.used[signer]++ }

// Insert adds a transaction that Fits has let through, in the place of an older one if there is.
func (p *Pool) Insert(tx *Tx, next uint64) {
	if p.Has(tx.Key) {
		return
	}
	a := p.accounts[tx.Signer]
	if a == nil {
		a = &account{next: next}
		p.accounts[tx.Signer] = a
	}
	p.arrivals++
	tx.order, tx.offers = p.arrivals, p.height+regossip
	if tx.Until == 0 || tx.Until > p.height+Patience {
		tx.Until = p.height + Patience
	}
	if at := tx.Sequence - a.next; at < uint64(len(a.waiting)) {
		p.forget(a, a.waiting[at])
		a.waiting[at] = tx
	} else {
		a.waiting = append(a.waiting, tx)
	}
	a.fees += tx.Fee
	p.byKey[tx.Key] = tx
	p.lanes[tx.Call.Lane].txs++
	p.lanes[tx.Call.Lane].bytes += len(tx.Bytes)
	p.fresh = append(p.fresh, tx)
}

// forget takes a transaction out of everything but its account's queue.
func (p *Pool) forget(a *account, tx *Tx) {
	a.fees -= tx.Fee
	delete(p.byKey, tx.Key)
	p.lanes[tx.Call.Lane].txs--
	p.lanes[tx.Call.Lane].bytes -= len(tx.Bytes)
}

// Signer is who signed a transaction that waits.
func (p *Pool) Signer(k Key) (string, bool) {
	tx, ok := p.byKey[k]
	if !ok {
		return "", false
	}
	return tx.Signer, true
}

// Committed tells the pool that a block is done. next gives the sequence that the ledger now
// expects of a signer, and touched the signers that the block had transactions of.
func (p *Pool) Committed(height uint64, touched map[string]bool, next func(signer string) uint64) {
	if height/Window != p.height/Window {
		clear(p.used)
	}
	p.height = height
	for signer := range touched {
		if a := p.accounts[signer]; a != nil {
			p.advance(signer, a, next(signer))
		}
	}
	for signer, a := range p.accounts {
		p.expire(signer, a)
	}
}

// advance drops what the ledger has moved past, and everything where it has not moved as far as
// the queue begins: a gap is never closed.
func (p *Pool) advance(signer string, a *account, next uint64) {
	for len(a.waiting) > 0 && a.next < next {
		p.forget(a, a.waiting[0])
		a.waiting = a.waiting[1:]
		a.next++
	}
	if a.next != next {
		p.cut(signer, a, 0)
	}
	if len(a.waiting) == 0 {
		delete(p.accounts, signer)
	}
}

// expire drops a transaction whose time is over, with all that wait behind it, and offers the
// others to peers again from time to time: a peer that was away has not seen them.
func (p *Pool) expire(signer string, a *account) {
	for i, tx := range a.waiting {
		if tx.Until <= p.height {
			p.cut(signer, a, i)
			return
		}
		if tx.offers <= p.height {
			tx.offers = p.height + regossip
			p.fresh = append(p.fresh, tx)
		}
	}
}

// cut drops an account's queue from a place on.
func (p *Pool) cut(signer string, a *account, from int) {
	for _, tx := range a.waiting[from:] {
		p.forget(a, tx)
	}
	if a.waiting = a.waiting[:from]; from == 0 {
		delete(p.accounts, signer)
	}
}

// Drop takes what waits of a signer out of the pool: it cannot be in a block.
func (p *Pool) Drop(signer string) {
	if a := p.accounts[signer]; a != nil {
		p.cut(signer, a, 0)
	}
}

// Fresh hands out what peers have not been offered, up to maxBytes (0: all).
func (p *Pool) Fresh(maxBytes uint64) [][]byte {
	var out [][]byte
	var size uint64
	for len(p.fresh) > 0 {
		tx := p.fresh[0]
		if size += uint64(len(tx.Bytes)); maxBytes > 0 && size > maxBytes && len(out) > 0 {
			break
		}
		p.fresh = p.fresh[1:]
		if p.Has(tx.Key) {
			out = append(out, tx.Bytes)
		}
	}
	return out
}
