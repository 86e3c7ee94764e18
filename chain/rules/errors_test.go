package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	_ "github.com/ergon-network/ergon/chain/fees" // registers its errors
)

// own are the codespaces of the ledger's modules: every code of them must be in the tables.
var own = []string{"subnet", "stake", "incentive", "authority", "upgrade", "beacon", "fees"}

// TestEveryErrorHasAMeaningAndARemedy goes through every error that a module can return.
func TestEveryErrorHasAMeaningAndARemedy(t *testing.T) {
	for _, codespace := range own {
		known := 0
		for number := uint32(2); number < 200; number++ {
			e, found := ErrorOf(codespace, number)
			said := Error{Codespace: codespace, Number: number}.said()
			require.Equal(t, said != "", found, "%s %d (%s): the table and the module's errors differ", codespace, number, said)
			if !found {
				continue
			}
			known++
			require.True(t, strings.HasSuffix(e.Meaning, "."), "%s: a meaning is a sentence", e.Name)
			require.NotEmpty(t, e.Remedy, e.Name)
			require.False(t, strings.HasSuffix(e.Remedy, "."), "%s: a remedy goes behind a colon", e.Name)
			require.LessOrEqual(t, len(e.Meaning), 160, e.Name)
			require.LessOrEqual(t, len(e.Remedy), 160, e.Name)
			require.Contains(t, ErrorNamed(e.Name), e)
			require.Contains(t, ErrorNamed(said), e, said)
			if first, _, _ := strings.Cut(said, ":"); !strings.Contains(first, " ") {
				require.Equal(t, first, e.Name, "the name is the one that the ledger says")
			}
		}
		require.Positive(t, known, codespace)
	}
}

func TestErrorsOfTheSDKAreTheOnesMeant(t *testing.T) {
	for _, e := range append(mine("sdk"), mine("authz")...) {
		require.NotEmpty(t, e.said(), "%s %d is not registered", e.Codespace, e.Number)
		require.NotEmpty(t, e.Meaning)
		require.NotEmpty(t, e.Remedy)
	}
	for number, said := range map[uint32]string{5: "insufficient funds", 22: "", 32: "incorrect account sequence", 38: "not found"} {
		e, found := ErrorOf("sdk", number)
		require.Equal(t, said != "", found)
		require.Equal(t, said, e.said())
	}
}

func mine(codespace string) []Error {
	var out []Error
	for _, e := range Errors() {
		if e.Codespace == codespace {
			out = append(out, e)
		}
	}
	return out
}

// TestAMessageTellsItsError: an answer to a query carries no code.
func TestAMessageTellsItsError(t *testing.T) {
	for _, e := range Errors() {
		got, found := ErrorIn(errorsmod.ABCIError(e.Codespace, e.Number, "hotkey 5xyz").Error())
		require.True(t, found, e.Name)
		require.Equal(t, e.said(), got.said(), "%s %d", e.Codespace, e.Number)
	}
	for _, other := range []string{"", "unknown", "x: unknown", "the disk is full"} {
		_, found := ErrorIn(other)
		require.False(t, found, other)
	}
	require.Empty(t, ErrorNamed(""))
	require.Empty(t, ErrorNamed("err"))
}
