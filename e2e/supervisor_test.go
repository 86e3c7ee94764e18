package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/audit"
	"github.com/ergon-network/ergon/explorer"
)

// report is what `ergon localnet --json` prints, field by field: scripts rely on it.
type report struct {
	Subnets []struct {
		Netuid  *uint16  `json:"netuid"`
		Market  *string  `json:"market"`
		Profile *string  `json:"profile"`
		Share   *float64 `json:"share"`
		Rate    *uint64  `json:"rate_rao"`
		Neurons []struct {
			UID       *uint16  `json:"uid"`
			Hotkey    *string  `json:"hotkey"`
			Role      *string  `json:"role"`
			Strategy  *string  `json:"strategy"`
			Tasks     *uint64  `json:"tasks"`
			Score     *float64 `json:"score"`
			Incentive *float64 `json:"incentive"`
			Dividends *float64 `json:"dividends"`
			Earned    *uint64  `json:"earned_rao"`
		} `json:"neurons"`
	} `json:"subnets"`
	Totals *struct {
		SupplyGenesis *uint64 `json:"supply_genesis_rao"`
		SupplyNow     *uint64 `json:"supply_now_rao"`
		Miners        *uint64 `json:"miners_rao"`
		Validators    *uint64 `json:"validators_rao"`
		Owner         *uint64 `json:"owner_rao"`
		Recycled      *uint64 `json:"recycled_rao"`
		Pending       *uint64 `json:"pending_rao"`
		Dust          *uint64 `json:"dust_rao"`
	} `json:"totals"`
}

// TestKilledSupervisorLeavesNothing kills the localnet itself. Nothing of it is left; the next start
// of the directory goes on where it was, is paid again, and reports what an audit finds.
func TestKilledSupervisorLeavesNothing(t *testing.T) {
	long(t)
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "net")
	m := run(t, dir, append([]string{"--subnet", "template"}, quick...)...)
	state := m.ready()
	c := follow(t, m.port("producer-1-rpc"))
	c.paid(0)
	before := remember(t, c, m.port("producer-1-rpc"), c.head(), []string{m.coldkey("owner").Address()})
	all := below(t, m.cmd.Process.Pid)
	require.Len(t, all, len(state.Processes))
	kill(t, m.cmd.Process.Pid, syscall.SIGKILL)
	vanish(t, all)
	m.exit(gone)

	again := run(t, dir, "--subnet", "template", "--tempos", "1", "--json")
	require.Zero(t, again.exit(awhile), "%s", &again.err)
	r := one[report](t, again.out.String())
	require.Empty(t, again.err.String())
	require.Len(t, r.Subnets, 1)
	require.EqualValues(t, 1, *r.Subnets[0].Netuid)
	require.Equal(t, "template", *r.Subnets[0].Market)
	require.NotNil(t, r.Subnets[0].Profile)
	var hotkeys []string
	for _, n := range r.Subnets[0].Neurons {
		hotkeys = append(hotkeys, *n.Hotkey)
	}
	for _, n := range state.Subnets[0].Neurons {
		require.True(t, slices.Contains(hotkeys, n.Hotkey), "%s is not resumed", n.Name)
	}
	require.Len(t, hotkeys, len(state.Subnets[0].Neurons))
	earnings(t, r)

	node := m.port("producer-1-rpc")
	alone := start(t, nil, ergon, "node", "start", "--dir", filepath.Join(dir, "producer-1"))
	c = follow(t, node)
	require.Equal(t, before, remember(t, c, node, uint64(len(before.blocks)), []string{m.coldkey("owner").Address()}))
	audited(t, c, node, r)
	alone.signal(os.Interrupt)
	require.Zero(t, alone.exit(gone))
}

// earnings checks every number of the report against the others.
func earnings(t *testing.T, r report) {
	t.Helper()
	earned := map[string]uint64{}
	var miners, validators uint64
	var incentive, dividends float64
	for _, n := range r.Subnets[0].Neurons {
		require.NotNil(t, n.UID)
		require.Positive(t, *n.Tasks, *n.Hotkey)
		switch incentive, dividends = incentive+*n.Incentive, dividends+*n.Dividends; *n.Role {
		case "miner":
			earned[*n.Strategy] = *n.Earned
			miners += *n.Earned
		case "validator":
			require.Positive(t, *n.Earned)
			validators += *n.Earned
		default:
			t.Errorf("role %q", *n.Role)
		}
	}
	require.Greater(t, earned["honest"], earned["lazy"])
	require.Greater(t, earned["lazy"], earned["wrong"])
	require.Zero(t, earned["wrong"])
	require.InDelta(t, 1, incentive, 0.001)
	require.InDelta(t, 1, dividends, 0.001)
	s := r.Totals
	require.Equal(t, *s.Miners, miners)
	require.Equal(t, *s.Validators, validators)
	require.Positive(t, *s.Owner)
	require.Positive(t, *s.Recycled)
	require.Equal(t, *s.SupplyNow-*s.SupplyGenesis, *s.Miners+*s.Validators+*s.Owner-*s.Recycled)
}

// audited recomputes the report's totals from public queries, at the payout with which the run ended.
func audited(t *testing.T, c *chain, node string, r report) {
	t.Helper()
	c.head()
	var at audit.Report
	for _, p := range slices.Backward(c.payouts) { // the node went on for some blocks
		if at = auditAt(t, node, p.PaidAt); at.Totals.Miners == *r.Totals.Miners {
			break
		}
	}
	got := explorer.Totals{
		SupplyGenesisRao: at.SupplyGenesis, SupplyNowRao: at.SupplyNow, MinersRao: at.Totals.Miners, ValidatorsRao: at.Totals.Validators,
		OwnerRao: at.Totals.Owners, RecycledRao: at.Totals.Recycled,
	}
	for _, s := range at.Subnets {
		got.PendingRao += s.Pending
		got.DustRao += s.Unissued
	}
	s := r.Totals
	require.Equal(t, explorer.Totals{
		SupplyGenesisRao: *s.SupplyGenesis, SupplyNowRao: *s.SupplyNow, MinersRao: *s.Miners, ValidatorsRao: *s.Validators,
		OwnerRao: *s.Owner, RecycledRao: *s.Recycled, PendingRao: *s.Pending, DustRao: *s.Dust,
	}, got)
}
