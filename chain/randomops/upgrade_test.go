package randomops

import (
	"cmp"
	"fmt"

	"github.com/ergon-network/ergon/chain/x/upgrade/types"
)

var upgradeGenerators = map[string]generator{
	"/ergon.upgrade.v1.MsgScheduleUpgrade": func(s *scene) (call, bool) {
		plan := types.Plan{Name: fmt.Sprintf("release-%d", s.r.IntN(1000)), Height: 1_000_000 + s.r.Uint64N(1000)} // never reached: no program knows it
		root := s.root()
		return call{root, &types.MsgScheduleUpgrade{Root: root.Address(), Plan: plan}}, true
	},
	"/ergon.upgrade.v1.MsgCancelUpgrade": func(s *scene) (call, bool) {
		plan, _, err := s.w.App.Upgrade.Plan(s.ctx())
		root := s.root()
		return call{root, &types.MsgCancelUpgrade{Root: root.Address(), Name: cmp.Or(plan.Name, "release-1")}}, err == nil
	},
}
