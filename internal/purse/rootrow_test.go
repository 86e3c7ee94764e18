package purse

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
)

func TestRootRow(t *testing.T) {
	row, err := ParseRootRow([]string{"2=1", "1=3", "7=0"})
	require.NoError(t, err)
	require.Equal(t, "1=75.00% 2=25.00%", row.String())
	netuids, values := row.Values()
	require.Equal(t, []uint16{1, 2}, netuids)
	require.Equal(t, []uint16{65535, 21845}, values)
	require.InDelta(t, 0.75, ReadRootRow([]incentivetypes.RootWeight{{Netuid: 1, Value: 65535}, {Netuid: 2, Value: 21845}})[0].Share, 1e-4)
	for _, bad := range []string{"1", "x=1", "1=x", "1=-1", "70000=1", "1=NaN", "1=Inf", "1=1e300"} {
		_, err := ParseRootRow([]string{bad})
		require.True(t, errors.Is(err, ErrUsage), bad)
	}
	_, err = ParseRootRow([]string{"1=1", "1=2"})
	require.ErrorContains(t, err, "twice")
	none, err := ParseRootRow(nil)
	require.NoError(t, err)
	require.Equal(t, "nothing", none.String())
	netuids, _ = none.Values()
	require.Empty(t, netuids)
}

func TestRootRowShifts(t *testing.T) {
	row, err := ParseRootRow([]string{"1=3", "2=1"})
	require.NoError(t, err)
	for _, c := range []struct {
		netuid uint16
		by     float64
		want   string
	}{
		{1, 1, "1=87.50% 2=12.50%"},
		{3, 1, "1=37.50% 2=12.50% 3=50.00%"},
		{1, -0.5, "1=50.00% 2=50.00%"},
		{1, -9, "2=100.00%"},
	} {
		got, err := row.Shift(c.netuid, c.by)
		require.NoError(t, err)
		require.Equal(t, c.want, got.String())
	}
	require.Equal(t, "1=75.00% 2=25.00%", row.String(), "the row it came from stays")
	_, err = row.Shift(3, -0.1)
	require.True(t, errors.Is(err, ErrRefused))
	only, err := ParseRootRow([]string{"1=1"})
	require.NoError(t, err)
	_, err = only.Shift(1, -2)
	require.True(t, errors.Is(err, ErrRefused))
}
