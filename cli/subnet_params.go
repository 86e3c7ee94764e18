package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

type parameter struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Unit   string `json:"unit"`
	Setter string `json:"set_by"`
	Range  string `json:"range"`
	Narrow string `json:"owner_range,omitempty"`
	Yours  bool   `json:"yours"` // the wallet may set it
}

type change struct {
	Block  uint64 `json:"block"`
	Who    string `json:"who"`
	ByRoot bool   `json:"by_root"`
	Name   string `json:"name"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

// paramSheet is what `subnet params` shows. Netuid 0 is the network: its parameters are set by
// root, and its changes are events only.
type paramSheet struct {
	Netuid     uint16      `json:"netuid"`
	Name       string      `json:"name"`
	Owner      string      `json:"owner,omitempty"`
	Root       string      `json:"root,omitempty"`
	You        string      `json:"you,omitempty"` // the wallet's coldkey
	Parameters []parameter `json:"parameters"`
	Changes    []change    `json:"changes"`
}

func newSubnetParamsCommand(e *env) *cobra.Command {
	var limit uint32
	c := &cobra.Command{
		Use: "params NETUID", Short: "Show a subnet's parameters, who may set them, and what was changed", Args: cobra.ExactArgs(1),
		Long: `Show a subnet's parameters with their units and who may set them, and its last
changes. A * marks what the coldkey of --wallet may set, if there is such a
wallet. NETUID 0 shows the parameters of the network, which root sets.`,
		Example: "  ergon subnet params 1\n  ergon subnet params 1 --wallet owner\n  ergon subnet params 0 --json",
	}
	c.Flags().Uint32Var(&limit, "changes", 5, "how many changes to show; 0 = all that are kept")
	c.RunE = e.onLedger(func(ctx context.Context, l *client.Client, args []string) error {
		netuid, err := parseNetuid(args[0])
		if err != nil {
			return err
		}
		you, err := e.coldkeyAddress(nil, 0)
		if err != nil && c.Flags().Changed("wallet") {
			return err // asked for: a default wallet that is not there is no fault
		}
		out := paramSheet{Netuid: netuid, You: you, Parameters: []parameter{}, Changes: []change{}}
		err = e.step(ctx, "reading parameters…", func(ctx context.Context) error { return out.read(ctx, l, limit) })
		if err != nil {
			return err
		}
		return e.print(out, out.human)
	})
	return c
}

func (p *paramSheet) read(ctx context.Context, c *client.Client, limit uint32) (err error) {
	if p.Root, err = c.Root(ctx); err != nil {
		return err
	}
	if p.Netuid == 0 {
		return p.readNetwork(ctx, c)
	}
	s, err := c.Subnet(ctx, p.Netuid)
	if err != nil {
		return err
	}
	p.Name, p.Owner = s.Name, s.Owner
	for _, h := range subnettypes.HyperTable() {
		yours := p.isYou(p.Root) || h.Setter == subnettypes.Owner && p.isYou(p.Owner)
		p.Parameters = append(p.Parameters, parameter{h.Name, h.Get(&s.Hyper), h.Unit, h.Setter.String(), h.Range, h.Narrow, yours})
	}
	changes, err := c.Changes(ctx, p.Netuid, limit)
	for _, ch := range changes {
		p.Changes = append(p.Changes, change{ch.Block, ch.Who, ch.ByRoot, ch.Name, ch.Old, ch.New})
	}
	return err
}

func (p *paramSheet) readNetwork(ctx context.Context, c *client.Client) error {
	settings, err := networkSettings(ctx, c)
	if err != nil {
		return err
	}
	p.Name = "network"
	for _, s := range settings {
		p.Parameters = append(p.Parameters, parameter{s.name, s.before, s.unit, subnettypes.Root.String(), s.allowed, "", p.isYou(p.Root)})
	}
	return nil
}

func (p *paramSheet) isYou(account string) bool { return account != "" && account == p.You }

func (p *paramSheet) human(w io.Writer) {
	heads, unit := []string{"", "NAME", ">VALUE", "UNIT", "BY"}, 17
	if p.Netuid == 0 { // all by root, with longer names
		heads, unit = heads[:4], 15
	}
	t := newTable(heads...)
	mine := false
	for _, row := range p.Parameters {
		mark := ""
		if row.Yours {
			mark, mine = "*", true
		}
		t.row(mark, row.Name, row.Value, clip(row.Unit, unit), row.Setter)
	}
	t.write(w)
	if mine {
		fmt.Fprintf(w, "* may be set by %s, with `ergon subnet set-param`.\n", short(p.You))
	}
	if p.Owner != "" {
		fmt.Fprintf(w, "The owner is %s.\n", short(p.Owner))
	}
	if p.Root != "" {
		fmt.Fprintf(w, "Root is %s.\n", short(p.Root))
	}
	if len(p.Changes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nLast changes")
	log := newTable(">BLOCK", "NAME", "FROM", "TO", "BY")
	for _, c := range p.Changes {
		by := "owner"
		if c.ByRoot {
			by = "root"
		}
		log.row(c.Block, clip(c.Name, 24), short(c.Old), short(c.New), by+" "+short(c.Who))
	}
	log.write(w)
}

func newSubnetSetParamCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "set-param NETUID NAME VALUE", Short: "Change a parameter of a subnet of yours", Args: cobra.ExactArgs(3),
		Long: `Change one parameter of a subnet that the wallet's coldkey owns. VALUE is in
the parameter's unit; ` + "`ergon subnet params`" + ` shows the units and who may set
what. Root may change every parameter of every subnet, and with NETUID 0 those
of the network.`,
		Example: "  ergon subnet set-param 1 min_burn 1000000 --wallet owner\n  ergon subnet set-param 0 subnet_limit 64 --wallet root --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			netuid, err := parseNetuid(args[0])
			if err != nil {
				return err
			}
			var set setting
			err = e.step(ctx, "reading the parameter…", func(ctx context.Context) error {
				set, err = findSetting(ctx, c, netuid, args[1])
				return err
			})
			if err != nil {
				return err
			}
			e.note("%s changes from %s to %s (%s).", set.what(), set.before, args[2], set.unit)
			return e.sign(ctx, "Change it?", func(ctx context.Context, key *keys.Pair) (func() error, error) {
				r, err := set.change(ctx, key, args[2])
				if err != nil {
					return nil, err
				}
				out := struct {
					Netuid uint16 `json:"netuid"`
					Name   string `json:"name"`
					Old    string `json:"old"`
					New    string `json:"new"`
					done
				}{netuid, set.name, r.Attribute(set.event, "old"), r.Attribute(set.event, "new"), where(r)}
				return e.shown(out, func(w io.Writer) {
					pairs(w, set.name, out.Old+" -> "+out.New, "block", out.Block, "hash", out.Hash)
				})
			})
		}),
	}
}

// setting is a parameter, of a subnet or of the network, and the way to change it.
type setting struct {
	netuid                      uint16
	name, before, unit, allowed string

	event  string // that tells of the change
	change func(ctx context.Context, key *keys.Pair, value string) (*client.Receipt, error)
}

func (s setting) what() string {
	if s.netuid == 0 {
		return s.name + " of the network"
	}
	return fmt.Sprintf("%s of subnet %d", s.name, s.netuid)
}

// findSetting is the parameter of that name as it stands.
func findSetting(ctx context.Context, c *client.Client, netuid uint16, name string) (setting, error) {
	if netuid == 0 {
		return findNetworkSetting(ctx, c, name)
	}
	row, err := subnettypes.FindHyper(name)
	if err != nil {
		return setting{}, purse.Usage("%v", err)
	}
	sub, err := c.Subnet(ctx, netuid)
	if err != nil {
		return setting{}, err
	}
	return setting{netuid, name, row.Get(&sub.Hyper), row.Unit, row.Range, "HyperparameterSet",
		func(ctx context.Context, key *keys.Pair, value string) (*client.Receipt, error) {
			return c.SetHyperparameter(ctx, key, netuid, name, value)
		}}, nil
}

func findNetworkSetting(ctx context.Context, c *client.Client, name string) (setting, error) {
	all, err := networkSettings(ctx, c)
	if err != nil {
		return setting{}, err
	}
	names := make([]string, len(all))
	for i, s := range all {
		if s.name == name {
			return s, nil
		}
		names[i] = s.name
	}
	return setting{}, purse.Usage("the network has no parameter %q; it has: %s", name, strings.Join(names, ", "))
}

// networkSettings are what root sets, module by module.
func networkSettings(ctx context.Context, c *client.Client) (all []setting, err error) {
	emission, err := c.IncentiveParams(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range incentivetypes.ParamTable() {
		all = append(all, setting{0, row.Name, row.Get(emission), row.Unit, row.Range, "ParamSet",
			func(ctx context.Context, key *keys.Pair, value string) (*client.Receipt, error) {
				return c.SetIncentiveParam(ctx, key, row.Name, value)
			}})
	}
	stake, err := c.StakeParams(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range staketypes.ParamTable() {
		all = append(all, setting{0, row.Name, row.Get(&stake), row.Unit, row.Range, staketypes.EventParamSet,
			func(ctx context.Context, key *keys.Pair, value string) (*client.Receipt, error) {
				next := stake // the message carries all of them: takes that must agree can change together
				if err := row.Set(&next, value); err != nil {
					return nil, purse.Usage("%v", err)
				}
				return c.SetStakeParams(ctx, key, next)
			}})
	}
	subnets, err := c.SubnetParams(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range subnettypes.ParamTable() {
		all = append(all, setting{0, row.Name, row.Get(subnets), row.Unit, row.Range, "ParamSet",
			func(ctx context.Context, key *keys.Pair, value string) (*client.Receipt, error) {
				return c.SetSubnetParam(ctx, key, row.Name, value)
			}})
	}
	return all, nil
}
