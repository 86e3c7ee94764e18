package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/purse"
)

func newMultisigCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "multisig", Short: "Accounts that several keys hold together",
		Long: `Accounts that several keys hold together. "new" writes a file with the members;
"propose" writes a transaction, which each member checks and signs with "sign";
"submit" sends it once enough have. The files hold nothing secret: pass them on
as you like.`,
		Example: "  ergon wallet multisig new team.json alice bob carol --threshold 2\n" +
			"  ergon wallet multisig propose team.json pay.json --to dave --amount 5\n" +
			"  ergon wallet multisig sign pay.json --wallet alice\n  ergon wallet multisig submit pay.json",
	}, newMultisigNewCommand(e), newMultisigProposeCommand(e), newMultisigSignCommand(e), newMultisigSubmitCommand(e))
}

func newMultisigNewCommand(e *env) *cobra.Command {
	var threshold int
	c := &cobra.Command{
		Use: "new TEAM-FILE MEMBER MEMBER...", Short: "Name an account by its members", Args: cobra.MinimumNArgs(3),
		Long: `Name an account by its members and how many of them must sign. The account
follows from them, so nothing is sent and nothing is paid; fund it with
` + "`ergon wallet transfer`" + ` before its first transaction.`,
		Example: "  ergon wallet multisig new team.json alice bob carol --threshold 2\n  ergon wallet multisig new team.json alice bob --threshold 2 --json",
		RunE: func(_ *cobra.Command, args []string) error {
			var members []string
			for _, name := range args[1:] {
				address, err := purse.Address(e.walletDir, name)
				if err != nil {
					return err
				}
				members = append(members, address)
			}
			team, err := client.NewTeam(threshold, members)
			if err != nil {
				return purse.Usage("%v", err)
			}
			if err := writeNew(args[0], team); err != nil {
				return err
			}
			return e.print(team, func(w io.Writer) {
				pairs(w, "account", team.Account, "members", len(team.Members), "must sign", team.Threshold, "file", args[0])
			})
		},
	}
	c.Flags().IntVar(&threshold, "threshold", 2, "how many members must sign")
	return c
}

func newMultisigProposeCommand(e *env) *cobra.Command {
	var to, amount, message string
	var blocks uint64
	c := &cobra.Command{
		Use: "propose TEAM-FILE PROPOSAL-FILE", Short: "Write a transaction for the members to sign", Args: cobra.ExactArgs(2),
		Long: `Write a transaction for the members to sign: a transfer, or any call from a
file with the call's JSON, in which the account is the signer.`,
		Example: "  ergon wallet multisig propose team.json pay.json --to dave --amount 5\n" +
			"  ergon wallet multisig propose team.json call.json --message stake.json --blocks 50000 --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var team client.Team
			if err := readJSON(args[0], &team); err != nil {
				return err
			}
			msg, err := e.proposed(c, team, to, amount, message)
			if err != nil {
				return err
			}
			var p *client.Proposal
			err = e.step(ctx, "reading the account…", func(ctx context.Context) error {
				p, err = c.Propose(ctx, team, blocks, msg)
				return err
			})
			if err != nil {
				return err
			}
			if err := writeNew(args[1], p); err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) { proposalHuman(w, p, args[1]) })
		}),
	}
	f := c.Flags()
	f.StringVar(&to, "to", "", "transfer to this address or wallet")
	f.StringVar(&amount, "amount", "", "how much to transfer")
	f.StringVar(&message, "message", "", "file with the JSON of any call")
	f.Uint64Var(&blocks, "blocks", 50_400, "for how many blocks it can be sent")
	return c
}

// proposed is the call that the flags describe.
func (e *env) proposed(c *client.Client, team client.Team, to, amount, message string) (sdk.Msg, error) {
	if (message == "") == (to == "" && amount == "") {
		return nil, purse.Usage("give either --to and --amount, or --message")
	}
	if message != "" {
		raw, err := os.ReadFile(message)
		if err != nil {
			return nil, err
		}
		return c.ReadCall(raw)
	}
	address, err := purse.Address(e.walletDir, to)
	if err != nil {
		return nil, err
	}
	rao, err := coin.Parse(amount)
	if err != nil {
		return nil, err
	}
	return client.TransferCall(team.Account, address, rao), nil
}

func proposalHuman(w io.Writer, p *client.Proposal, file string) {
	pairs(w, "account", p.Team.Account, "signed by", fmt.Sprintf("%d of %d", len(p.Signatures), p.Team.Threshold),
		"fee", coin.Format(p.Fee), "until block", p.Until, "file", file)
	for _, m := range p.Messages {
		var spread bytes.Buffer // a field a line: nothing that is signed is cut or hidden
		if err := json.Indent(&spread, m, "", "  "); err != nil {
			spread.Write(m)
		}
		fmt.Fprintln(w, printable(spread.String()))
	}
}

func newMultisigSignCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "sign PROPOSAL-FILE", Short: "Add a member's signature to a proposal", Args: cobra.ExactArgs(1),
		Long: `Add the signature of the wallet's coldkey to a proposal, after showing what it
says. It needs no ledger.`,
		Example: "  ergon wallet multisig sign pay.json --wallet alice\n  ergon wallet multisig sign pay.json --wallet alice --yes --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			var p client.Proposal
			if err := readJSON(args[0], &p); err != nil {
				return err
			}
			if !e.json {
				proposalHuman(e.err, &p, args[0])
			}
			if err := e.confirm(cmd.Context(), "Sign?"); err != nil {
				return err
			}
			key, err := e.coldkey(cmd.Context())
			if err != nil {
				return err
			}
			if err := p.Sign(cmd.Context(), key); err != nil {
				return err
			}
			if err := writeJSON(args[0], p, os.O_TRUNC); err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) {
				pairs(w, "signed by", key.Address(), "signatures", fmt.Sprintf("%d of %d", len(p.Signatures), p.Team.Threshold))
			})
		},
	}
}

func newMultisigSubmitCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "submit PROPOSAL-FILE", Short: "Send a proposal that enough members have signed", Args: cobra.ExactArgs(1),
		Example: "  ergon wallet multisig submit pay.json\n  ergon wallet multisig submit pay.json --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			var p client.Proposal
			if err := readJSON(args[0], &p); err != nil {
				return err
			}
			var out done
			err := e.step(ctx, waiting, func(ctx context.Context) error {
				r, err := c.SubmitProposal(ctx, &p)
				if err == nil {
					out = where(r)
				}
				return err
			})
			if err != nil {
				return err
			}
			return e.print(out, func(w io.Writer) { pairs(w, "account", p.Team.Account, "block", out.Block, "hash", out.Hash) })
		}),
	}
}

func readJSON(path string, v any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// writeNew never overwrites: a proposal may carry signatures that are not elsewhere.
func writeNew(path string, v any) error { return writeJSON(path, v, os.O_EXCL) }

func writeJSON(path string, v any, how int) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|how, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(raw, '\n')); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
