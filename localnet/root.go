package localnet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// maxRoot is how many validators the root network takes.
const maxRoot = subnettypes.MaxRootMembers

// ParseSplit reads a division of the emission: one whole number for each subnet, such as 3,1.
func ParseSplit(text string, subnets int) ([]uint16, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) != subnets {
		return nil, fmt.Errorf("--split %s: give one number for each of the %d subnets, such as 3,1", text, subnets)
	}
	out, sum := make([]uint16, len(parts)), 0
	for i, p := range parts {
		n, err := strconv.ParseUint(strings.TrimSpace(p), 10, 16)
		if err != nil {
			return nil, fmt.Errorf("--split %s: %q is no whole number from 0 to 65535", text, p)
		}
		out[i], sum = uint16(n), sum+int(n)
	}
	if sum == 0 {
		return nil, fmt.Errorf("--split %s: then no subnet earns anything; give one of them more", text)
	}
	return out, nil
}

// split is what root is to give each planned subnet. A directory of an earlier version says
// nothing, and then all get the same.
func (p Plan) split() []uint16 {
	out, sum := make([]uint16, len(p.Subnets)), 0
	for i, s := range p.Subnets {
		out[i], sum = s.Weight, sum+int(s.Weight)
	}
	if sum == 0 {
		for i := range out {
			out[i] = 1
		}
	}
	return out
}

// ratio is a split as people write it, 3:1.
func ratio(split []uint16) string {
	text := make([]string, len(split))
	for i, n := range split {
		text[i] = strconv.Itoa(int(n))
	}
	return strings.Join(text, ":")
}

// decide makes every validator a member of the root network and lets it divide the emission as
// the plan says, by an ordinary transaction each.
func decide(ctx context.Context, o Options, p Plan, c *client.Client, netuids []uint16) error {
	root, err := c.RootNetwork(ctx)
	if err != nil || root.Tempo == 0 {
		return err // a ledger of an earlier version shares equally
	}
	members := map[string]*incentivetypes.RootMember{}
	for i := range root.Members {
		members[root.Members[i].Hotkey] = &root.Members[i]
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	seats := maxRoot - len(members)
	for _, s := range p.Subnets {
		for _, n := range s.Neurons {
			member := members[n.Hotkey]
			if n.Role != Validator || member != nil && len(member.Weights) > 0 || member == nil && seats == 0 {
				continue
			}
			if member == nil {
				seats--
			}
			g.Go(func() error {
				if err := speak(ctx, o, c, n, member == nil, netuids, p.split()); err != nil {
					return fmt.Errorf("%s on the root network: %w", n.Name, err)
				}
				return nil
			})
		}
	}
	return g.Wait()
}

// speak joins root, where that is asked for, and sets the member's row, in one transaction. It tries
// again while a block is full of others who join.
func speak(ctx context.Context, o Options, c *client.Client, n Neuron, join bool, netuids, split []uint16) error {
	cold, _, err := openWallet(o, n.Name)
	if err != nil {
		return err
	}
	row := &incentivetypes.MsgSetRootWeights{Coldkey: n.Coldkey, Hotkey: n.Hotkey}
	for i, netuid := range netuids {
		if split[i] > 0 {
			row.Netuids, row.Values = append(row.Netuids, uint32(netuid)), append(row.Values, uint32(split[i]))
		}
	}
	msgs := []sdk.Msg{row}
	if join {
		msgs = []sdk.Msg{&subnettypes.MsgRootRegister{Coldkey: n.Coldkey, Hotkey: n.Hotkey}, row}
	}
	for {
		_, err := c.Submit(ctx, cold, msgs...)
		if !errors.Is(err, subnettypes.ErrTooManyRegistrationsThisBlock) {
			return err
		}
	}
}
