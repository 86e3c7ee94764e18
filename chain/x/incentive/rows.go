package incentive

import (
	"encoding/binary"

	"github.com/ergon-network/ergon/consensus/yuma"
)

// A weight row is stored as its stamp followed by its packed pairs; every registered uid has one,
// so "last update" needs no key of its own. A bond row is the pairs only.
const rowHeader = 24

// stamp says of which blocks a row is. They differ under commit-reveal only.
type stamp struct {
	updated  uint64 // what the validator last did about its weights: set or committed them
	weighed  uint64 // the row was made: set, or committed
	revealed uint64 // the row began to count: set, or revealed
}

// open is the stamp of a row that is set for all to see.
func open(block uint64) stamp { return stamp{block, block, block} }

func packRow(lastUpdate uint64, pairs []yuma.Pair) []byte { return open(lastUpdate).pack(pairs) }

func (s stamp) pack(pairs []yuma.Pair) []byte {
	row := make([]byte, rowHeader, rowHeader+4*len(pairs))
	s.put(row)
	return yuma.AppendPairs(row, pairs)
}

// put writes the stamp into a packed row.
func (s stamp) put(row []byte) {
	for i, block := range []uint64{s.updated, s.weighed, s.revealed} {
		binary.BigEndian.PutUint64(row[8*i:], block)
	}
}

func rowStamp(row []byte) stamp {
	if len(row) < rowHeader {
		return stamp{}
	}
	return stamp{binary.BigEndian.Uint64(row), binary.BigEndian.Uint64(row[8:]), binary.BigEndian.Uint64(row[16:])}
}

func rowUpdated(row []byte) uint64 { return rowStamp(row).updated }

func rowPairs(row []byte) []byte {
	if len(row) < rowHeader {
		return nil
	}
	return row[rowHeader:]
}
