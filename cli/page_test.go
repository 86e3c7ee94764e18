package cli

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCollectReadsPages asks a list of 2500 entries, which gives at most a thousand at once.
func TestCollectReadsPages(t *testing.T) {
	const all = 2500
	read := func(after string, limit uint64) (entries []int, next string, err error) {
		from := 0
		if after != "" {
			if from, err = strconv.Atoi(after); err != nil {
				return nil, "", err
			}
		}
		require.LessOrEqual(t, limit, uint64(mostOfAnswer))
		for n := from + 1; n <= all && len(entries) < int(limit); n++ {
			entries = append(entries, n)
		}
		if last := from + len(entries); last < all {
			next = strconv.Itoa(last)
		}
		return entries, next, nil
	}
	for _, c := range []struct {
		page  page
		first int
		count int
		next  string
	}{
		{page{limit: 100}, 1, 100, "100"},
		{page{limit: 1500}, 1, 1500, "1500"},
		{page{after: "1500", limit: 1000}, 1501, 1000, ""},
		{page{after: "2400", limit: 500}, 2401, 100, ""},
		{page{}, 1, all, ""},
		{page{after: "10"}, 11, all - 10, ""},
	} {
		got, next, err := collect(c.page, read)
		require.NoError(t, err)
		require.Len(t, got, c.count, "%+v", c.page)
		require.Equal(t, c.first, got[0])
		require.Equal(t, c.next, next)
	}
	_, _, err := collect(page{}, func(string, uint64) ([]int, string, error) { return nil, "", errors.New("gone") })
	require.EqualError(t, err, "gone")
}
