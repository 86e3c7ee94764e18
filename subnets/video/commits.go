package video

import (
	"context"
	"fmt"
	"sync"

	"github.com/ergon-network/ergon/subnets/video/reward"
)

// commits remembers which content came first in a round. An answer's place is when it arrived; the
// hash counts only once the file was downloaded and is what was announced, so nobody can claim a
// rival's content without having it. The first keeps its score, later ones are copies
// (reward.Duplicates). Safe for concurrent use.
type commits struct {
	mu     sync.Mutex
	list   []reward.Commit
	closed []chan struct{} // of a place that is settled
}

// before enters content of earlier answers, which nobody may hand in again.
func (c *commits) before(uid uint16, sha256 string) {
	c.settle(c.arrive(uid), sha256)
}

// arrive takes the next place.
func (c *commits) arrive(uid uint16) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	place := len(c.list)
	c.list = append(c.list, reward.Commit{UID: uid, Order: uint64(place)})
	c.closed = append(c.closed, make(chan struct{}))
	return place
}

// settle says what a place holds, "" for nothing. Only the first call counts.
func (c *commits) settle(place int, sha256 string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closed[place]:
	default:
		c.list[place].SHA256 = sha256
		close(c.closed[place])
	}
}

// copied says whose content a settled place repeats. It waits until all earlier places are settled.
func (c *commits) copied(ctx context.Context, place int) (from uint16, is bool, err error) {
	for i := range place {
		c.mu.Lock()
		closed := c.closed[i]
		c.mu.Unlock()
		select {
		case <-closed:
		case <-ctx.Done():
			return 0, false, fmt.Errorf("wait for earlier answers: %w", ctx.Err())
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	earlier := c.list[:place+1]
	own := c.list[place]
	// Only its own content matters, and a uid may repeat itself.
	same := make([]reward.Commit, 0, 2)
	for _, e := range earlier {
		if e.SHA256 == own.SHA256 {
			same = append(same, e)
		}
	}
	from, is = reward.Duplicates(same)[own.UID]
	return from, is, nil
}
