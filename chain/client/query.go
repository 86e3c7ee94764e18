package client

import (
	"context"
	"fmt"
	"net"
	"sort"
	"strconv"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/libs/bytes"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	sdkclient "github.com/cosmos/cosmos-sdk/client"
	grpctypes "github.com/cosmos/cosmos-sdk/types/grpc"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// At pins the reads made with the returned context to a height.
func At(ctx context.Context, height uint64) context.Context {
	return metadata.AppendToOutgoingContext(ctx, grpctypes.GRPCBlockHeightHeader, strconv.FormatUint(height, 10))
}

// querier asks the ledger's queries. The SDK's own client lets go of the caller's context, so what
// it asked could be neither interrupted nor timed out: querier gives it one whose node remembers it.
type querier struct {
	sdkclient.Context
	rpc *rpchttp.HTTP
}

// Invoke implements grpc.ClientConnInterface.
func (q querier) Invoke(ctx context.Context, method string, req, reply any, opts ...grpc.CallOption) error {
	return q.WithClient(patient{q.rpc, ctx}).Invoke(ctx, method, req, reply, opts...)
}

// patient is a node that is asked under one context.
type patient struct {
	*rpchttp.HTTP
	ctx context.Context
}

// ABCIQueryWithOptions implements the engine's client.
func (p patient) ABCIQueryWithOptions(_ context.Context, path string, data bytes.HexBytes, opts rpcclient.ABCIQueryOptions) (*rpctypes.ResultABCIQuery, error) {
	return p.HTTP.ABCIQueryWithOptions(p.ctx, path, data, opts)
}

type reader[Q, R any] func(context.Context, *Q, ...grpc.CallOption) (*R, error)

func read[Q, R any](ctx context.Context, c *Client, what string, f reader[Q, R], q *Q) (*R, error) {
	r, err := retry(ctx, c, func(ctx context.Context) (*R, error) { return f(ctx, q) })
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return r, nil
}

// Subnets lists all subnets and the current lock cost.
func (c *Client) Subnets(ctx context.Context) (*subnettypes.QuerySubnetsResponse, error) {
	return read(ctx, c, "subnets", subnettypes.NewQueryClient(c.query).Subnets, &subnettypes.QuerySubnetsRequest{})
}

// Subnet is one subnet's rules and price.
func (c *Client) Subnet(ctx context.Context, netuid uint16) (*subnettypes.SubnetInfo, error) {
	r, err := read(ctx, c, fmt.Sprintf("subnet %d", netuid), subnettypes.NewQueryClient(c.query).Subnet, &subnettypes.QuerySubnetRequest{Netuid: uint32(netuid)})
	if err != nil {
		return nil, err
	}
	return &r.Subnet, nil
}

// Neuron looks a hotkey up on a subnet.
func (c *Client) Neuron(ctx context.Context, netuid uint16, hotkey string) (*subnettypes.QueryNeuronResponse, error) {
	return read(ctx, c, "neuron "+hotkey, subnettypes.NewQueryClient(c.query).Neuron, &subnettypes.QueryNeuronRequest{Netuid: uint32(netuid), Hotkey: hotkey})
}

// Metagraph is a subnet with all its neurons; full adds weights and bonds.
func (c *Client) Metagraph(ctx context.Context, netuid uint16, full bool) (*incentivetypes.QueryMetagraphResponse, error) {
	return read(ctx, c, fmt.Sprintf("metagraph %d", netuid), incentivetypes.NewQueryClient(c.query).Metagraph, &incentivetypes.QueryMetagraphRequest{Netuid: uint32(netuid), Full: full})
}

// Commits says where a hotkey's weights on a subnet stand: what counts, and what waits to be revealed.
func (c *Client) Commits(ctx context.Context, netuid uint16, hotkey string) (*incentivetypes.QueryCommitsResponse, error) {
	return read(ctx, c, "commits of "+hotkey, incentivetypes.NewQueryClient(c.query).Commits, &incentivetypes.QueryCommitsRequest{Netuid: uint32(netuid), Hotkey: hotkey})
}

// Payouts lists a subnet's kept payouts, newest first.
func (c *Client) Payouts(ctx context.Context, netuid uint16, limit uint64) ([]incentivetypes.PayoutInfo, error) {
	r, err := read(ctx, c, fmt.Sprintf("payouts of %d", netuid), incentivetypes.NewQueryClient(c.query).Payouts, &incentivetypes.QueryPayoutsRequest{Netuid: uint32(netuid), Limit: limit})
	if err != nil {
		return nil, err
	}
	return r.Payouts, nil
}

// Balance is an account's free and staked rao.
func (c *Client) Balance(ctx context.Context, address string) (*staketypes.QueryBalanceResponse, error) {
	r, err := read(ctx, c, "balance of "+address, staketypes.NewQueryClient(c.query).Balance, &staketypes.QueryBalanceRequest{Address: address})
	if err == nil || !strings.Contains(err.Error(), staketypes.ErrTooMany.Error()) {
		return r, err
	}
	return c.longBalance(ctx, address)
}

// longBalance adds up what one answer does not: a coldkey that backs more hotkeys than a node adds up.
func (c *Client) longBalance(ctx context.Context, address string) (*staketypes.QueryBalanceResponse, error) {
	free, err := read(ctx, c, "balance of "+address, banktypes.NewQueryClient(c.query).Balance, &banktypes.QueryBalanceRequest{Address: address, Denom: staketypes.Denom})
	if err != nil {
		return nil, err
	}
	stakes, err := c.Stakes(ctx, address)
	if err != nil {
		return nil, err
	}
	r := &staketypes.QueryBalanceResponse{Free: free.Balance.Amount.Uint64()}
	for _, s := range stakes {
		r.Staked += s.Amount
	}
	return r, nil
}

// Issuance is the supply, the block emission and the running totals.
func (c *Client) Issuance(ctx context.Context) (*staketypes.QueryIssuanceResponse, error) {
	return read(ctx, c, "issuance", staketypes.NewQueryClient(c.query).Issuance, &staketypes.QueryIssuanceRequest{})
}

// Producers lists the block producers.
func (c *Client) Producers(ctx context.Context) ([]authoritytypes.Producer, error) {
	r, err := read(ctx, c, "producers", authoritytypes.NewQueryClient(c.query).Producers, &authoritytypes.QueryProducersRequest{})
	if err != nil {
		return nil, err
	}
	return r.Producers, nil
}

// Block is what happened at one height: the block's own events and those of its transactions.
type Block struct {
	Height uint64
	Begin  []abci.Event
	Txs    []*abci.ExecTxResult
}

// Block reads the results of a height.
func (c *Client) Block(ctx context.Context, height uint64) (Block, error) {
	h := int64(height)
	r, err := retry(ctx, c, func(ctx context.Context) (*rpctypes.ResultBlockResults, error) { return c.rpc.BlockResults(ctx, &h) })
	if err != nil {
		return Block{}, c.unread(ctx, height, err)
	}
	return Block{Height: height, Begin: r.FinalizeBlockEvents, Txs: r.TxsResults}, nil
}

// Genesis reads the genesis document.
func (c *Client) Genesis(ctx context.Context) (*rpctypes.ResultGenesis, error) {
	return retry(ctx, c, c.rpc.Genesis)
}

// Peers are the nodes that the node is connected to, as it dials them.
func (c *Client) Peers(ctx context.Context) ([]string, error) {
	info, err := retry(ctx, c, c.rpc.NetInfo)
	if err != nil {
		return nil, fmt.Errorf("read peers: %w", err)
	}
	peers := make([]string, 0, len(info.Peers))
	for _, p := range info.Peers {
		_, port, err := net.SplitHostPort(strings.TrimPrefix(p.NodeInfo.ListenAddr, "tcp://"))
		if err != nil {
			port = "26656"
		}
		peers = append(peers, fmt.Sprintf("%s@%s", p.NodeInfo.ID(), net.JoinHostPort(p.RemoteIP, port)))
	}
	sort.Strings(peers)
	return peers, nil
}
