package explorer_test

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/explorer/internal/fixture"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (-update to accept):\n%s", name, got)
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(body, '\n')
}

func TestReportIsStable(t *testing.T) {
	golden(t, "report.json", indented(t, explorer.NewReport(fixture.State(210))))
	body, err := json.Marshal(explorer.NewReport(explorer.State{}))
	if err != nil || !strings.HasPrefix(string(body), `{"subnets":[],"totals":{"supply_genesis_rao":0,`) {
		t.Errorf("empty report is %s (%v), want lists and not null", body, err)
	}
}

func TestFixtureAddsUp(t *testing.T) {
	for _, height := range []uint64{0, 99, 100, 101, 640, 5000} {
		s := fixture.State(height)
		if err := s.Totals.Check(); err != nil {
			t.Errorf("height %d: %v", height, err)
		}
	}
}

func TestTotalsCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Uint64Range(0, 21e15)
		c := explorer.Totals{
			MinersRao: amount.Draw(t, "miners"), ValidatorsRao: amount.Draw(t, "validators"), OwnerRao: amount.Draw(t, "owner"),
			PendingRao: amount.Draw(t, "pending"), DustRao: amount.Draw(t, "dust"),
		}
		c.SupplyGenesisRao = amount.Draw(t, "genesis")
		minted := c.SupplyGenesisRao + c.MinersRao + c.ValidatorsRao + c.OwnerRao
		c.RecycledRao = rapid.Uint64Range(0, minted).Draw(t, "recycled")
		c.SupplyNowRao = minted - c.RecycledRao
		if err := c.Check(); err != nil {
			t.Fatalf("balanced totals: %v", err)
		}
		field := rapid.SampledFrom([]*uint64{&c.SupplyGenesisRao, &c.SupplyNowRao, &c.MinersRao, &c.ValidatorsRao, &c.OwnerRao, &c.RecycledRao}).Draw(t, "field")
		*field += rapid.Uint64Range(1, math.MaxUint64).Draw(t, "error") // may wrap: any other value is wrong
		if err := c.Check(); !errors.Is(err, explorer.ErrUnbalanced) {
			t.Fatalf("unbalanced totals: %v", err)
		}
	})
}

func TestUnits(t *testing.T) {
	for rao, want := range map[uint64]string{
		0: "0.0000", 1: "<0.0001", 99_999: "<0.0001", 100_000: "0.0001", 999_999_999: "0.9999", 1_000_000_000: "1.0000",
		1_234_567_891_234_567: "1,234,567.8912", math.MaxUint64: "18,446,744,073.7095",
	} {
		if got := explorer.TAO(rao); got != want {
			t.Errorf("TAO(%d) = %s, want %s", rao, got, want)
		}
	}
	key := fixture.Key("somebody")
	if got := explorer.ShortKey(key); got != key[:6]+"…"+key[42:] {
		t.Errorf("ShortKey(%s) = %s", key, got)
	}
	for _, short := range []string{"", "5abc", "ααααααααααααα"} {
		if got := explorer.ShortKey(short); got != short {
			t.Errorf("ShortKey(%q) = %q", short, got)
		}
	}
}

func TestBoundedCutsWhatIsTooLargeAndCopies(t *testing.T) {
	s := explorer.State{ChainID: "\x1b[31m\u202eevil\xff\n" + strings.Repeat("x", 1e6)}
	for range 300 {
		s.Subnets = append(s.Subnets, explorer.Subnet{})
	}
	s.Subnets[0].Neurons = make([]explorer.Neuron, 5000)
	n := &s.Subnets[0].Neurons[0]
	n.Score, n.Incentive, n.Dividends = math.Inf(-1), math.NaN(), 7
	for i := range uint64(100) {
		n.History = append(n.History, i)
		s.Payouts = append(s.Payouts, explorer.Payout{Epoch: i})
	}
	b := s.Bounded()
	if !strings.HasPrefix(b.ChainID, "[31mevilxx") || len([]rune(b.ChainID)) != 160 {
		t.Errorf("chain id %.20q… of %d runes", b.ChainID, len([]rune(b.ChainID)))
	}
	if len(b.Subnets) != 256 || len(b.Subnets[0].Neurons) != 4096 || len(b.Payouts) != 64 {
		t.Errorf("%d subnets, %d neurons, %d payouts", len(b.Subnets), len(b.Subnets[0].Neurons), len(b.Payouts))
	}
	m := b.Subnets[0].Neurons[0]
	if m.Score != 0 || m.Incentive != 0 || m.Dividends != 1 {
		t.Errorf("score %v, incentive %v, dividends %v", m.Score, m.Incentive, m.Dividends)
	}
	if len(m.History) != 48 || m.History[47] != 99 || b.Payouts[63].Epoch != 99 {
		t.Errorf("the newest epochs are not kept: %v", m.History)
	}
	n.History[99], s.Subnets[1].Name = 0, "changed"
	if m.History[47] != 99 || b.Subnets[1].Name != "" {
		t.Error("the copy shares memory with the original")
	}
	if _, err := json.Marshal(b); err != nil {
		t.Errorf("bounded state is not JSON: %v", err)
	}
}
