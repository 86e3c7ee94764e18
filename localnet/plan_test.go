package localnet

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/subnets"
)

func TestADirectoryIsResumedAsItIs(t *testing.T) {
	o := Options{Dir: t.TempDir(), Markets: []string{"a", "b", "a"}, Validators: 1, Tempo: 20, Split: "3,0,1"}
	var markets []subnets.Market
	for _, name := range o.Markets {
		markets = append(markets, subnets.Market{Name: name, Tempo: 60, BlockTime: time.Second, Profiles: []string{"x", "y"}})
	}
	_, ok, err := loadPlan(o)
	require.NoError(t, err)
	require.False(t, ok)
	made, err := newPlan(o, markets)
	require.NoError(t, err)

	for _, same := range []Options{o, {Dir: o.Dir, Markets: o.Markets}, {Dir: o.Dir, Markets: o.Markets, Producers: 1, Profile: "x", Tempos: 5}} {
		p, ok, err := loadPlan(same)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, made, p)
	}
	for flag, other := range map[string]Options{
		"--subnet":     {Markets: []string{"a", "b"}},
		"--producers":  {Markets: o.Markets, Producers: 2},
		"--validators": {Markets: o.Markets, Validators: 2},
		"--block-time": {Markets: o.Markets, BlockTime: time.Minute},
		"--tempo":      {Markets: o.Markets, Tempo: 60},
		"--profile":    {Markets: o.Markets, Profile: "y"},
		"--split":      {Markets: o.Markets, Split: "1,1,1"},
	} {
		other.Dir = o.Dir
		_, _, err := loadPlan(other)
		require.ErrorContains(t, err, flag)
	}
	names := map[string]bool{}
	for _, s := range made.Subnets {
		for _, n := range s.Neurons {
			require.False(t, names[n.Name], "%s twice", n.Name)
			names[n.Name] = true
		}
	}
}

func TestQuotedTextIsOneWordOfAShell(t *testing.T) {
	for _, text := range []string{"/a/b-c_d.1", "", "it's a `pwd` $HOME \"place\"\n", `\`, "s3://k:s@127.0.0.1:1/b"} {
		out, err := exec.Command("sh", "-c", "printf %s "+quoted(text)).Output()
		require.NoError(t, err)
		require.Equal(t, text, string(out))
	}
}
