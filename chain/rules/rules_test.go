package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	incentive "github.com/ergon-network/ergon/chain/x/incentive/types"
	stake "github.com/ergon-network/ergon/chain/x/stake/types"
	subnet "github.com/ergon-network/ergon/chain/x/subnet/types"
)

func TestFind(t *testing.T) {
	for word, want := range map[string]string{
		"SettingWeightsTooFast": "weights_rate_limit", "setting weights too fast": "weights_rate_limit",
		"NotEnoughStake": "RemoveStake", "ErrNotEnoughStake": "RemoveStake",
		"min_burn": "min_burn", "NeuronRegistered": "burned",
		"MsgServeAxon": "InvalidPort", "serve axon": "InvalidPort", "quota": "256 free calls",
	} {
		found := Find(word, 20)
		require.NotEmpty(t, found, word)
		require.True(t, slices.ContainsFunc(found, func(r Rule) bool {
			return strings.Contains(r.Section+" "+r.Text+" "+strings.Join(r.values(), " "), want)
		}), "%s: %+v", word, found)
	}
	require.Empty(t, Find("", 5))
	require.Empty(t, Find("no such word anywhere", 5))
	require.Len(t, Find("e", 3), 3)
}

// TestEveryWordOfTheLedgerIsExplained: a name that no specification has is a rule nobody can look up.
func TestEveryWordOfTheLedgerIsExplained(t *testing.T) {
	words := []string{"quota", "lane", "withheld", "existential deposit", "root epoch", "immunity"}
	for _, p := range stake.ParamTable() {
		words = append(words, p.Name)
	}
	for _, p := range subnet.ParamTable() {
		words = append(words, strings.TrimPrefix(p.Name, "defaults.")) // the same parameters, of a new subnet
	}
	for _, p := range subnet.HyperTable() {
		words = append(words, p.Name)
	}
	for _, p := range incentive.ParamTable() {
		words = append(words, p.Name)
	}
	words = append(words, messages(t)...)
	events := eventNames(t)
	for _, kept := range []string{ // chain §4.6
		"NetworkAdded", "NetworkRemoved", "StakeAdded", "StakeRemoved", "WeightsSet", "NeuronRegistered", "AxonServed", "PrometheusServed",
		"DelegateAdded", "TakeDecreased", "TakeIncreased", "HotkeySwapped", "HyperparameterSet",
	} {
		require.Contains(t, events, kept, "an event to keep")
	}
	for _, word := range append(words, events...) {
		require.NotEmpty(t, Find(word, 1), "no specification names %q", word)
	}
}

// messages are the names of all calls of the ledger's modules, without Msg.
func messages(t *testing.T) (names []string) {
	t.Helper()
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			if s := f.Services().Get(i); s.Name() == "Msg" && strings.HasPrefix(string(f.Package()), "ergon.") {
				for j := range s.Methods().Len() {
					names = append(names, string(s.Methods().Get(j).Name()))
				}
			}
		}
		return true
	})
	require.Greater(t, len(names), 30)
	return names
}

var eventName = regexp.MustCompile(`(?:Event\w+\s*=\s*|(?:emit|publish)\([^"\n]*)"([A-Z]\w+)"`)

// eventNames are the events that the modules' sources name.
func eventNames(t *testing.T) (names []string) {
	t.Helper()
	for _, depth := range []string{"../x/*/*.go", "../x/*/types/*.go", "../app/*.go"} {
		sources, err := filepath.Glob(depth)
		require.NoError(t, err)
		for _, path := range sources {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, m := range eventName.FindAllStringSubmatch(string(text), -1) {
				if !strings.HasSuffix(path, "_test.go") && !slices.Contains(names, m[1]) {
					names = append(names, m[1])
				}
			}
		}
	}
	require.Greater(t, len(names), 40)
	return names
}

func FuzzParse(f *testing.F) {
	f.Add("# a\n## b\n| c | d |\n|---|---|\n| `e` | f \\| g |\n\ntext\n- item\n```\ncode\n```\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range parse("x", text) {
			if r.Text == "" && len(r.Cells) == 0 && len(text) < 10 {
				continue // a row of empty cells
			}
			r.match("a")
		}
	})
}
