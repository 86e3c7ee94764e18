package incentive

import (
	"encoding/binary"

	"github.com/ergon-network/ergon/consensus/yuma"
)

// A weight row is stored as the block of its last update followed by its packed pairs; every
// registered uid has one, so "last update" needs no key of its own. A bond row is the pairs only.
const rowHeader = 8

func packRow(lastUpdate uint64, pairs []yuma.Pair) []byte {
	row := make([]byte, rowHeader, rowHeader+4*len(pairs))
	binary.BigEndian.PutUint64(row, lastUpdate)
	return yuma.AppendPairs(row, pairs)
}

func rowUpdated(row []byte) uint64 {
	if len(row) < rowHeader {
		return 0
	}
	return binary.BigEndian.Uint64(row)
}

func rowPairs(row []byte) []byte {
	if len(row) < rowHeader {
		return nil
	}
	return row[rowHeader:]
}
