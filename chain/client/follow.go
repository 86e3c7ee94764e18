package client

import (
	"context"
	"time"
)

// followGap is the pause between two looks at the head of the chain.
const followGap = 100 * time.Millisecond

// Follow delivers every block from height from on (0: the next one), in order and without gaps,
// until ctx ends; then the channel is closed. A node that goes away and comes back, or a slow
// reader, delays blocks but loses none: the position is kept here, not on the node.
func (c *Client) Follow(ctx context.Context, from uint64) <-chan Block {
	out := make(chan Block, 16)
	go func() {
		defer close(out)
		for next := from; ; {
			head, err := c.Height(ctx)
			if err == nil && next == 0 {
				next = head + 1
			}
			for err == nil && next <= head {
				var b Block
				if b, err = c.Block(ctx, next); err != nil {
					break
				}
				select {
				case out <- b:
					next++
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(followGap):
			}
		}
	}()
	return out
}
