package labtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/ergon-network/ergon/lab/control"
	"github.com/ergon-network/ergon/lab/labtest"
)

// witness is a test that only writes down what it is told.
type witness struct {
	testing.TB
	ctx  context.Context
	said []string
}

func (w *witness) Helper()                  {}
func (w *witness) Context() context.Context { return w.ctx }
func (w *witness) Errorf(form string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(form, args...))
}

func judge(t *testing.T, market string, known labtest.Known) string {
	t.Helper()
	w := &witness{ctx: t.Context()}
	labtest.Sound(w, market, known)
	return strings.Join(w.said, "\n")
}

// The test fails for a market with an exploit and says who profits, how much, and how to see it.
func TestAnExploitFailsTheTest(t *testing.T) {
	said := judge(t, "control-claims", nil)
	require.Contains(t, said, "liar earns ")
	require.Contains(t, said, "over-declaration earns ")
	require.Contains(t, said, "see who gets what: go run . lab table ")
	require.NotContains(t, said, "uid-hoarder")
	require.Contains(t, judge(t, "control-copies", nil), "relay earns ")
	require.Contains(t, judge(t, "control-equal", nil), "sybil earns ")
}

// An exception is for an attack that there is, and that pays.
func TestExceptionsAreNeeded(t *testing.T) {
	said := judge(t, "control-claims", labtest.Known{"liar": "that is what this market is for", "uid-hoarder": "no", "nobody": "no"})
	require.NotContains(t, said, "liar earns ")
	require.Contains(t, said, "uid-hoarder earns 0.00 of honesty, so it does not pay any more")
	require.Contains(t, said, `no attack of miners named "nobody"`)
}
