package app

import (
	dbm "github.com/cosmos/cosmos-db"
	"github.com/syndtr/goleveldb/leveldb/filter"
	"github.com/syndtr/goleveldb/leveldb/opt"
)

// OpenDB opens, or creates, the database of a ledger in dir. The engine's defaults, 8 MiB of cache
// and tables written out every 4 MiB, are a phone's: with 100,000 nominators a block waited a second
// for its tables to be sorted.
func OpenDB(dir string) (dbm.DB, error) {
	return dbm.NewGoLevelDBWithOpts("application", dir, &opt.Options{
		Filter:             filter.NewBloomFilter(10), // bits a key: one miss of a hundred reads a table
		BlockCacheCapacity: 32 * opt.MiB,
		WriteBuffer:        16 * opt.MiB,
	})
}
