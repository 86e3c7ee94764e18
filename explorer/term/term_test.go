package term

import (
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/explorer/internal/fixture"
)

var update = flag.Bool("update", false, "write the golden files")

func TestWrite(t *testing.T) {
	broken := fixture.State(640)
	broken.Totals.MinersRao++
	broken.Totals.DustRao = 7
	for name, s := range map[string]explorer.State{
		"empty": {}, "start": fixture.State(42), "running": fixture.State(640), "broken": broken, "hostile": hostile(),
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := Write(&b, s); err != nil {
				t.Fatal(err)
			}
			for i, l := range strings.Split(b.String(), "\n") {
				if columns(l) > Columns {
					t.Errorf("line %d has %d columns: %s", i+1, columns(l), l)
				}
				if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r == 0x202e }) {
					t.Errorf("line %d has control characters: %q", i+1, l)
				}
			}
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("printed\n%s\nwant (-update to accept)\n%s", b.String(), want)
			}
		})
	}
}

// hostile has text that moves the cursor, wide runes and figures as large as they come.
func hostile() explorer.State {
	s := fixture.State(640)
	s.ChainID = "\x1b[2Jgone\u202e"
	s.Notice = strings.Repeat("very long ", 40)
	n := &s.Subnets[0].Neurons[0]
	n.Name, n.Strategy = "市場の労働者たち", "\x1b]0;title\x07two\nlines and a lot more"
	n.Tasks, n.EarnedRao, n.Score, n.Incentive = math.MaxUint64, math.MaxUint64, math.Inf(1), math.NaN()
	s.Subnets[0].Neurons[1].EarnedRao = 1
	s.Totals = explorer.Totals{
		SupplyGenesisRao: math.MaxUint64, SupplyNowRao: math.MaxUint64, MinersRao: math.MaxUint64,
		ValidatorsRao: math.MaxUint64, OwnerRao: math.MaxUint64, RecycledRao: math.MaxUint64, PendingRao: math.MaxUint64,
	}
	return s
}

func TestWriteReturnsTheWritersError(t *testing.T) {
	if err := Write(closed{}, explorer.State{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v, want %v", err, os.ErrClosed)
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, os.ErrClosed }
