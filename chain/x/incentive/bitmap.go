package incentive

import (
	"bytes"
	"context"
	"errors"

	"cosmossdk.io/collections"
)

// Permits are kept as a bitmap beside the vectors, so that a weight call reads 32 bytes for 256
// uids and not the whole result of the epoch.
func packBits(flags []bool) []byte {
	out := make([]byte, (len(flags)+7)/8)
	for i, f := range flags {
		if f {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}

// setPermits keeps a bitmap in the one form that a genesis gives it back in: without zero bytes at
// the end, and not at all when nobody has a permit.
func (k *Keeper) setPermits(ctx context.Context, netuid uint16, bitmap []byte) error {
	if bitmap = bytes.TrimRight(bitmap, "\x00"); len(bitmap) == 0 {
		return k.permits.Remove(ctx, netuid)
	}
	return k.permits.Set(ctx, netuid, bitmap)
}

func bit(bitmap []byte, i uint16) bool {
	return int(i/8) < len(bitmap) && bitmap[i/8]&(1<<(i%8)) != 0
}

func clearBit(bitmap []byte, i uint16) {
	if int(i/8) < len(bitmap) {
		bitmap[i/8] &^= 1 << (i % 8)
	}
}

func notFound(err error) bool { return errors.Is(err, collections.ErrNotFound) }
