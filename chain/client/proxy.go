package client

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cosmos/cosmos-sdk/types/query"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/ergon-network/ergon/chain/ss58"
	"github.com/ergon-network/ergon/keys"
)

// ProxyKinds are the calls that a proxy of each kind may make. None may hand on what it was granted.
var ProxyKinds = map[string][]string{
	"transfer": {"/cosmos.bank.v1beta1.MsgSend"},
	"staking": {"/ergon.stake.v1.MsgAddStake", "/ergon.stake.v1.MsgRemoveStake", "/ergon.stake.v1.MsgRemoveAllStake",
		"/ergon.stake.v1.MsgMoveStake", "/ergon.stake.v1.MsgBecomeDelegate", "/ergon.stake.v1.MsgIncreaseTake", "/ergon.stake.v1.MsgDecreaseTake"},
	"registration": {"/ergon.subnet.v1.MsgRegister", "/ergon.subnet.v1.MsgRegisterPow", "/ergon.subnet.v1.MsgRootRegister"},
	"owner":        {"/ergon.subnet.v1.MsgCreateSubnet", "/ergon.subnet.v1.MsgSetHyperparameter", "/ergon.subnet.v1.MsgDissolveSubnet"},
	"neuron": {"/ergon.incentive.v1.MsgSetWeights", "/ergon.incentive.v1.MsgCommitWeights", "/ergon.incentive.v1.MsgRevealWeights",
		"/ergon.incentive.v1.MsgSetRootWeights", "/ergon.subnet.v1.MsgServeAxon", "/ergon.subnet.v1.MsgServePrometheus"},
}

// Kinds lists the names of ProxyKinds, in order.
func Kinds() []string {
	var out []string
	for kind := range ProxyKinds {
		out = append(out, kind)
	}
	slices.Sort(out)
	return out
}

// Grant is one call that one account may make for another.
type Grant struct {
	Account string     `json:"account"`
	Proxy   string     `json:"proxy"`
	Call    string     `json:"call"`
	Until   *time.Time `json:"until,omitempty"`
}

// AddProxy lets another account make the calls of a kind for the signer, until a time (nil: until
// they are taken back).
func (c *Client) AddProxy(ctx context.Context, signer *keys.Pair, proxy, kind string, until *time.Time) (*Receipt, error) {
	msgs, err := c.proxyMessages(kind, func(url string) (sdk.Msg, error) {
		id, err := keys.ParseSS58(proxy)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		m, err := authz.NewMsgGrant(signer.Public(), id, authz.NewGenericAuthorization(url), until)
		if err == nil {
			m.Granter, m.Grantee = signer.Address(), proxy
		}
		return m, err
	})
	if err != nil {
		return nil, err
	}
	return c.Submit(ctx, signer, msgs...)
}

// RemoveProxy takes back what of a kind was granted.
func (c *Client) RemoveProxy(ctx context.Context, signer *keys.Pair, proxy, kind string) (*Receipt, error) {
	granted, err := c.Grants(ctx, signer.Address(), false)
	if err != nil {
		return nil, err
	}
	msgs, err := c.proxyMessages(kind, func(url string) (sdk.Msg, error) {
		if !slices.ContainsFunc(granted, func(g Grant) bool { return g.Proxy == proxy && g.Call == url }) {
			return nil, nil
		}
		return &authz.MsgRevoke{Granter: signer.Address(), Grantee: proxy, MsgTypeUrl: url}, nil
	})
	if err != nil {
		return nil, err
	}
	if len(msgs) == 0 {
		return nil, fmt.Errorf("%s was granted nothing of the kind %s: list what was with `ergon wallet proxy list`", proxy, kind)
	}
	return c.Submit(ctx, signer, msgs...)
}

// proxyMessages makes a message for each call of a kind that this ledger knows.
func (c *Client) proxyMessages(kind string, make func(url string) (sdk.Msg, error)) ([]sdk.Msg, error) {
	urls, ok := ProxyKinds[kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind of proxy %q: use one of %v", kind, Kinds())
	}
	var msgs []sdk.Msg
	for _, url := range urls {
		if _, err := c.enc.Registry.Resolve(url); err != nil {
			continue
		}
		m, err := make(url)
		if err != nil {
			return nil, err
		}
		if m != nil {
			msgs = append(msgs, m)
		}
	}
	return msgs, nil
}

// Grants lists what an account has granted, or with received what it was granted.
func (c *Client) Grants(ctx context.Context, account string, received bool) ([]Grant, error) {
	q := authz.NewQueryClient(c.query)
	out := []Grant{}
	for page := (&query.PageRequest{Limit: 200}); ; {
		var found []*authz.GrantAuthorization
		var next *query.PageResponse
		if received {
			r, err := read(ctx, c, "proxies of "+account, q.GranteeGrants, &authz.QueryGranteeGrantsRequest{Grantee: account, Pagination: page})
			if err != nil {
				return nil, err
			}
			found, next = r.Grants, r.Pagination
		} else {
			r, err := read(ctx, c, "proxies of "+account, q.GranterGrants, &authz.QueryGranterGrantsRequest{Granter: account, Pagination: page})
			if err != nil {
				return nil, err
			}
			found, next = r.Grants, r.Pagination
		}
		for _, g := range found {
			grant, err := c.grant(g)
			if err != nil {
				return nil, err
			}
			out = append(out, grant)
		}
		if next == nil || len(next.NextKey) == 0 {
			return out, nil
		}
		page.Key = next.NextKey
	}
}

func (c *Client) grant(g *authz.GrantAuthorization) (Grant, error) {
	var a authz.Authorization
	if err := c.enc.Registry.UnpackAny(g.Authorization, &a); err != nil {
		return Grant{}, fmt.Errorf("read a grant: %w", err)
	}
	rewrite := ss58.NewRewriter()
	return Grant{Account: rewrite.Rewrite(g.Granter), Proxy: rewrite.Rewrite(g.Grantee), Call: a.MsgTypeURL(), Until: g.Expiration}, nil
}
