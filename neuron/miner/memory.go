package miner

import (
	"os"
	"runtime/debug"
)

// MemoryLimit, in bytes, is where the collector of a miner's process begins to work harder. What an
// axon holds of its requests is bounded, but garbage of twice that may lie about until the next
// collection: with it, hostile crowds stay below 200 MB.
const MemoryLimit = 150 << 20

// BoundMemory sets MemoryLimit for this process, unless the environment variable GOMEMLIMIT sets
// another: a miner whose own work needs more says so there.
func BoundMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(MemoryLimit)
	}
}
