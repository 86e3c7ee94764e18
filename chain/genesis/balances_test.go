package genesis_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/genesis"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/keys"
)

func address(n byte) string { return keys.SS58([]byte(strings.Repeat(string([]byte{n}), 32))) }

func TestBalancesOfAMigratedLedger(t *testing.T) {
	for name, text := range map[string]string{
		"plain":           fmt.Sprintf("%s,500\n%s,2000000000", address(1), address(2)),
		"header, Windows": fmt.Sprintf("\ufeffAddress, rao\r\n%s , 500\r\n\r\n%s,2000000000\r\n", address(1), address(2)),
	} {
		got, err := genesis.ReadBalances(strings.NewReader(text))
		require.NoError(t, err, name)
		require.Equal(t, []genesis.Balance{{Address: address(1), Rao: 500}, {Address: address(2), Rao: 2_000_000_000}}, got, name)
	}
}

func TestBalancesNameTheLineAndTheRemedy(t *testing.T) {
	good := address(1) + ",1000\n"
	for name, c := range map[string]struct{ text, line, remedy string }{
		"empty":        {"address,rao\n", "no balances", "one `address,rao` a line"},
		"no comma":     {good + address(2), "line 2", "give `address,rao`"},
		"no address":   {good + "5Nobody,1000", "line 2", "SS58 address"},
		"TAO":          {good + "\n" + address(2) + ",1.5", "line 3", "whole rao"},
		"negative":     {good + address(2) + ",-1", "line 2", "whole rao"},
		"three fields": {good + address(2) + ",1000,x", "line 2", "whole rao"},
		"dust":         {good + address(2) + ",499", "line 2", "remove the line"},
		"twice":        {good + address(2) + ",1000\n" + good, "line 3", "line 1 already; add the two up"},
		"too much":     {good + address(2) + ",21000000000000000", "line 2", "exceed the cap"},
		"overflow":     {good + address(2) + ",18446744073709551615", "line 2", "exceed the cap"},
		"long line":    {good + strings.Repeat("x", 300), "line 2", "longer than 256 bytes"},
	} {
		_, err := genesis.ReadBalances(strings.NewReader(c.text))
		require.ErrorContains(t, err, c.line, name)
		require.ErrorContains(t, err, c.remedy, name)
	}
}

func FuzzBalances(f *testing.F) {
	f.Add(address(1) + ",1000\n")
	f.Add("address,rao\n,\n")
	f.Fuzz(func(t *testing.T, text string) {
		balances, err := genesis.ReadBalances(strings.NewReader(text))
		if err != nil {
			return
		}
		_, err = genesis.New(genesis.Options{
			ChainID: "fuzz", Time: time.Unix(1, 0), Profile: genesis.Era2023, Balances: balances,
			Producers: []authoritytypes.Producer{{Name: "p", PubKey: make([]byte, 32), Power: 1}},
		})
		require.NoError(t, err, "what was read can be a genesis")
	})
}

func TestProfilesAreNamed(t *testing.T) {
	_, err := genesis.New(genesis.Options{Profile: "2022"})
	for _, name := range genesis.Profiles() {
		require.ErrorContains(t, err, name)
	}
}
