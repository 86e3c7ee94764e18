package randomops

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
)

// generator makes a call that has a fair chance to be accepted; ok is false when the state offers
// none just now.
type generator func(s *scene) (c call, ok bool)

// generators has one entry per registered message, by type URL.
var generators = merge(accountGenerators, proxyGenerators, stakeGenerators, subnetGenerators, subnetLifeGenerators, entryGenerators,
	incentiveGenerators, commitGenerators, authorityGenerators, upgradeGenerators)

// onlyRefused are the messages that nobody can get accepted, with the reason. They are generated
// all the same: refusing them is what the test looks at.
var onlyRefused = map[string]string{
	"/cosmos.auth.v1beta1.MsgUpdateParams":   "signed by a module account, which has no key",
	"/cosmos.bank.v1beta1.MsgUpdateParams":   "signed by a module account, which has no key",
	"/cosmos.bank.v1beta1.MsgSetSendEnabled": "signed by a module account, which has no key",
	"/cosmos.consensus.v1.MsgUpdateParams":   "signed by a module account, which has no key",
}

func merge(parts ...map[string]generator) map[string]generator {
	all := map[string]generator{}
	for _, p := range parts {
		for url, g := range p {
			all[url] = g
		}
	}
	return all
}

// urls lists every registered message in order. Order matters: the seed decides what happens.
func urls(t testing.TB) []string {
	t.Helper()
	enc, err := app.MakeEncoding()
	require.NoError(t, err)
	all := enc.Registry.ListImplementations(sdk.MsgInterfaceProtoName)
	slices.Sort(all)
	return slices.Compact(all)
}

func TestEveryMessageHasAGenerator(t *testing.T) {
	all := urls(t)
	require.Greater(t, len(all), 10)
	for _, url := range all {
		require.Contains(t, generators, url, "write a generator for %s", url)
	}
	for url := range generators {
		require.Contains(t, all, url, "a generator of a message that does not exist")
	}
}
