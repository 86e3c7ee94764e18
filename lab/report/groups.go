package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ergon-network/ergon/lab"
)

// group is players of one name on one side, as lab.Result.Groups has them.
type group struct {
	lab.GroupPay
	Play  string // of its first player
	UIDs  []int
	Style int
}

func (g *group) attack() bool { return g.Play != lab.Honest }

// paid is all that the group earned, in rao.
func (g *group) paid() uint64 { return g.Miner + g.Validator }

// Colours of chart: teal for honest miners, violet for honest validators, red for the first attack.
const (
	styleMiners = iota
	styleValidators
	styleAttack
	styleOther
)

// groupsOf finds the groups of a run in the order of their first uid.
func groupsOf(r *lab.Result) []group {
	var groups []group
	for _, pay := range r.Groups() {
		g := group{GroupPay: pay}
		for _, p := range r.Players {
			if p.Name == pay.Name && p.Mines == pay.Mines {
				g.UIDs = append(g.UIDs, p.UID)
				if g.Play == "" {
					g.Play = p.Play
				}
			}
		}
		groups = append(groups, g)
	}
	used := map[int]bool{}
	next := styleOther
	for i := range groups {
		want := styleAttack
		if !groups[i].attack() {
			want = styleValidators
			if groups[i].Mines {
				want = styleMiners
			}
		}
		if used[want] {
			want = next
			next++
		}
		used[want] = true
		groups[i].Style = want
	}
	return groups
}

// label tells groups apart that have one name on both sides.
func (g *group) label() string {
	if g.Mines {
		return g.Name + " miners"
	}
	return g.Name + " validators"
}

func (g *group) side() string {
	if g.Mines {
		return "miners"
	}
	return "validators"
}

// uids are the group's, runs of them in one: "uids 0–7, 12". word says what they are: uids, or players
// where uids change hands.
func (g *group) uids(word string) string {
	var parts []string
	for i := 0; i < len(g.UIDs); {
		k := i
		for k+1 < len(g.UIDs) && g.UIDs[k+1] == g.UIDs[k]+1 {
			k++
		}
		if k == i {
			parts = append(parts, fmt.Sprint(g.UIDs[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d–%d", g.UIDs[i], g.UIDs[k]))
		}
		i = k + 1
	}
	const most = 4
	if len(parts) > most {
		parts = append(parts[:most], "…")
	}
	if len(g.UIDs) == 1 {
		return word + " " + parts[0]
	}
	return word + "s " + strings.Join(parts, ", ")
}

// fair takes up to n uids of some groups: each group's best in turn, so that every group is seen, and
// returns them by group.
func fair(groups []group, n int, better func(a, b int) int) []int {
	queues := make([][]int, len(groups))
	for i := range groups {
		queues[i] = slices.Clone(groups[i].UIDs)
		slices.SortStableFunc(queues[i], better)
	}
	taken := make([][]int, len(groups))
	for left := true; left && n > 0; {
		left = false
		for i := range queues {
			if len(queues[i]) > 0 && n > 0 {
				taken[i] = append(taken[i], queues[i][0])
				queues[i] = queues[i][1:]
				left, n = true, n-1
			}
		}
	}
	var out []int
	for i := range taken {
		slices.Sort(taken[i])
		out = append(out, taken[i]...)
	}
	return out
}
