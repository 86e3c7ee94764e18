package client_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/client"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
)

// fake is a node that answers who it is, and queries with what answer says; nil: it never does.
func fake(t *testing.T, answer func(path string, data []byte) (proto.Message, error)) *client.Client {
	t.Helper()
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			ID     json.RawMessage
			Method string
			Params struct{ Path, Data string }
		}
		_ = json.NewDecoder(r.Body).Decode(&asked)
		result := any(map[string]any{"node_info": map[string]any{"network": "fake"}})
		if asked.Method != "status" {
			data, _ := hex.DecodeString(asked.Params.Data)
			m, err := answer(asked.Params.Path, data)
			switch {
			case err != nil:
				result = map[string]any{"response": map[string]any{"code": 18, "codespace": "sdk", "log": err.Error()}}
			case m == nil:
				<-r.Context().Done()
				return
			default:
				raw, _ := proto.Marshal(m)
				result = map[string]any{"response": map[string]any{"value": raw}}
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": asked.ID, "result": result})
	}))
	t.Cleanup(node.Close)
	c, err := client.Dial(t.Context(), node.URL)
	require.NoError(t, err)
	return c
}

// TestBalanceOfACountlessColdkey: beyond what a node adds up, the client adds the pages up.
func TestBalanceOfACountlessColdkey(t *testing.T) {
	var pages []string
	c := fake(t, func(path string, data []byte) (proto.Message, error) {
		switch path {
		case "/ergon.stake.v1.Query/Balance":
			return nil, staketypes.ErrTooMany.Wrap("coldkey backs more than 10000 hotkeys")
		case "/cosmos.bank.v1beta1.Query/Balance":
			coin := sdk.NewCoin(staketypes.Denom, math.NewInt(5))
			return &banktypes.QueryBalanceResponse{Balance: &coin}, nil
		case "/ergon.stake.v1.Query/Stakes":
			var q staketypes.QueryStakesRequest
			require.NoError(t, proto.Unmarshal(data, &q))
			pages = append(pages, q.After)
			res := &staketypes.QueryStakesResponse{Stakes: []*staketypes.Stake{{Hotkey: "a", Amount: 7}, {Hotkey: "b", Amount: 8}}, Next: "b"}
			if q.After == "b" {
				res = &staketypes.QueryStakesResponse{Stakes: []*staketypes.Stake{{Hotkey: "c", Amount: 9}}}
			}
			return res, nil
		}
		return nil, fmt.Errorf("%s was not expected", path)
	})
	got, err := c.Balance(t.Context(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")
	require.NoError(t, err)
	require.Equal(t, &staketypes.QueryBalanceResponse{Free: 5, Staked: 24}, got)
	require.Equal(t, []string{"", "b"}, pages)
	_, err = c.Issuance(t.Context())
	require.ErrorContains(t, err, "was not expected", "other errors are told")
}

// TestReadsEndWithTheirContext: the SDK's client lets go of it.
func TestReadsEndWithTheirContext(t *testing.T) {
	c := fake(t, func(string, []byte) (proto.Message, error) { return nil, nil })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Issuance(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "did not answer in time")
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = c.Issuance(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// TestFilterChoosesEvents by type and attributes, and leaves the SDK's own out.
func TestFilterChoosesEvents(t *testing.T) {
	e := client.Event{Type: "StakeAdded", Attributes: map[string]string{"hotkey": "h", "amount": ""}}
	for _, c := range []struct {
		filter client.Filter
		want   bool
	}{
		{client.Filter{}, true},
		{client.Filter{Types: []string{"Other", "stakeadded"}}, true},
		{client.Filter{Types: []string{"Stake"}}, false},
		{client.Filter{Where: map[string]string{"hotkey": "h", "amount": ""}}, true},
		{client.Filter{Where: map[string]string{"hotkey": "h", "netuid": ""}}, false},
		{client.Filter{Where: map[string]string{"hotkey": "i"}}, false},
	} {
		require.Equal(t, c.want, c.filter.Match(e), "%+v", c.filter)
	}
	require.False(t, client.Filter{}.Match(client.Event{Type: "coin_spent"}))
	require.True(t, client.Filter{Plumbing: true}.Match(client.Event{Type: "coin_spent"}))
	require.False(t, client.Filter{}.Match(client.Event{}))
}
