package video

import (
	"testing"

	"github.com/ergon-network/ergon/subnets/video/reward"
)

// Whoever hands a rival's leaked answer in first takes nothing from the rival: only content that fails
// against the miner's own variation is a copy.
func TestTheOriginalIsPaidWhoeverCameFirst(t *testing.T) {
	p, err := reward.Named("")
	if err != nil {
		t.Fatal(err)
	}
	original := reward.Verdict{Kind: reward.Compression, Score: 0.7}
	if got := repeated(&p, original, "x"); got != original {
		t.Errorf("the original: %+v", got)
	}
	if got := repeated(&p, reward.Verdict{Kind: reward.Compression, Gate: "threshold"}, "x"); got.Gate != reward.GateDuplicate || got.Score != 0 || got.Detail != "x" {
		t.Errorf("the copy: %+v", got)
	}
}
