package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	incentive "github.com/ergon-network/ergon/chain/x/incentive/types"
)

func TestFind(t *testing.T) {
	for word, want := range map[string]string{
		"SettingWeightsTooFast": "weights_rate_limit", "setting weights too fast": "weights_rate_limit",
		"NotEnoughStake": "RemoveStake", "ErrNotEnoughStake": "RemoveStake",
		"min_burn": "min_burn", "NeuronRegistered": "burned",
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

// TestEveryErrorOfWeightsIsExplained: an error that the specification does not name is a rule nobody can look up.
func TestEveryErrorOfWeightsIsExplained(t *testing.T) {
	for code := uint32(2); code <= 13; code++ {
		err := errorsmod.ABCIError(incentive.ModuleName, code, "")
		name, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), ": "), ":")
		require.NotEmpty(t, Find(name, 1), name)
	}
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
