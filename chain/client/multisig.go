package client

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	cmttypes "github.com/cometbft/cometbft/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/crypto"
	"github.com/ergon-network/ergon/keys"
)

// ErrNotMember is returned when somebody signs for a multisig account that is none of theirs.
var ErrNotMember = errors.New("not a member of the multisig")

// Team is a multisig account: who its members are and how many must sign. It is a file that the
// members share; nothing in it is secret.
type Team struct {
	Account   string   `json:"account"`
	Threshold int      `json:"threshold"`
	Members   []string `json:"members"`
}

// NewTeam names the account that any threshold of the members may sign for.
func NewTeam(threshold int, members []string) (Team, error) {
	t := Team{Threshold: threshold, Members: members}
	key, err := t.key()
	if err != nil {
		return Team{}, err
	}
	t.Account, t.Members = key.String(), nil
	for _, m := range key.Members {
		t.Members = append(t.Members, keys.SS58(m))
	}
	return t, nil
}

// key is the account's key. A file that names another account than its members make is refused.
func (t Team) key() (*crypto.Multisig, error) {
	var members [][]byte
	for _, m := range t.Members {
		id, err := keys.ParseSS58(m)
		if err != nil {
			return nil, fmt.Errorf("member: %w", err)
		}
		members = append(members, id)
	}
	key, err := crypto.NewMultisig(t.Threshold, members)
	if err != nil {
		return nil, err
	}
	if t.Account != "" && t.Account != key.String() {
		return nil, fmt.Errorf("%d of these members make the account %s, not %s: use the file that `ergon wallet multisig new` wrote", t.Threshold, key, t.Account)
	}
	return key, nil
}

// Proposal is a transaction of a team on its way from member to member. Each checks what it says,
// adds a signature and passes it on; who has the last one submits it.
type Proposal struct {
	Team       Team              `json:"team"`
	ChainID    string            `json:"chain_id"`
	Number     uint64            `json:"account_number,string"`
	Sequence   uint64            `json:"sequence,string"`
	Until      uint64            `json:"until_block,string"`
	Fee        uint64            `json:"fee_rao,string"`
	Messages   []json.RawMessage `json:"messages"`
	Signatures map[string]string `json:"signatures"` // member: hex
}

// Propose makes a proposal of calls that name the team's account as their signer. It can be in a
// block for so many blocks from now.
func (c *Client) Propose(ctx context.Context, t Team, blocks uint64, msgs ...sdk.Msg) (*Proposal, error) {
	if _, err := t.key(); err != nil {
		return nil, err
	}
	now, err := c.Height(ctx)
	if err != nil {
		return nil, err
	}
	var a account
	if err := c.refresh(ctx, &a, t.Account); err != nil {
		return nil, err
	}
	p := &Proposal{Team: t, ChainID: c.chainID, Number: a.number, Sequence: a.next, Until: now + blocks, Signatures: map[string]string{}}
	for _, m := range msgs {
		raw, err := c.enc.Codec.MarshalInterfaceJSON(m)
		if err != nil {
			return nil, fmt.Errorf("write the proposal: %w", err)
		}
		p.Messages = append(p.Messages, raw)
	}
	d, err := p.draft(c.enc)
	if err != nil {
		return nil, err
	}
	p.Fee, err = d.Fee(c.enc)
	return p, err
}

// ReadCall reads any call of the ledger from its JSON, which names its type in "@type".
func (c *Client) ReadCall(raw []byte) (sdk.Msg, error) {
	var m sdk.Msg
	if err := c.enc.Codec.UnmarshalInterfaceJSON(raw, &m); err != nil {
		return nil, fmt.Errorf("the call cannot be read: %w", err)
	}
	return m, nil
}

func (p *Proposal) draft(enc app.Encoding) (app.Draft, error) {
	key, err := p.Team.key()
	if err != nil {
		return app.Draft{}, err
	}
	d := app.Draft{PubKey: key, Size: key.SignatureSize(), ChainID: p.ChainID, Number: p.Number, Sequence: p.Sequence, Until: p.Until}
	for _, raw := range p.Messages {
		var m sdk.Msg
		if err := enc.Codec.UnmarshalInterfaceJSON(raw, &m); err != nil {
			return app.Draft{}, fmt.Errorf("the proposal's message cannot be read: %w", err)
		}
		d.Msgs = append(d.Msgs, m)
	}
	return d, nil
}

// Sign adds a member's signature. It needs no ledger.
func (p *Proposal) Sign(ctx context.Context, member *keys.Pair) error {
	enc, err := app.MakeEncoding()
	if err != nil {
		return err
	}
	d, err := p.draft(enc)
	if err != nil {
		return err
	}
	if !p.member(member.Address()) {
		return fmt.Errorf("%s is %w %s", member.Address(), ErrNotMember, p.Team.Account)
	}
	payload, err := d.Payload(ctx, enc)
	if err != nil {
		return err
	}
	signature, err := member.Sign(payload)
	if err != nil {
		return err
	}
	if p.Signatures == nil {
		p.Signatures = map[string]string{}
	}
	p.Signatures[member.Address()] = hex.EncodeToString(signature)
	return nil
}

func (p *Proposal) member(address string) bool {
	for _, m := range p.Team.Members {
		if m == address {
			return true
		}
	}
	return false
}

// SubmitProposal sends a proposal that enough members have signed and waits until it is in a block.
func (c *Client) SubmitProposal(ctx context.Context, p *Proposal) (*Receipt, error) {
	d, err := p.draft(c.enc)
	if err != nil {
		return nil, err
	}
	if p.ChainID != c.chainID {
		return nil, fmt.Errorf("the proposal is for the ledger %s, this is %s: name its node with --node", p.ChainID, c.chainID)
	}
	signed := map[string][]byte{}
	for member, text := range p.Signatures {
		id, err := keys.ParseSS58(member)
		if err != nil {
			return nil, fmt.Errorf("signature: %w", err)
		}
		if signed[string(id)], err = hex.DecodeString(text); err != nil {
			return nil, fmt.Errorf("signature of %s: %w", member, err)
		}
	}
	key, err := p.Team.key()
	if err != nil {
		return nil, err
	}
	joined, err := key.Join(signed)
	if err != nil {
		return nil, err
	}
	raw, err := d.Finish(c.enc, joined)
	if err != nil {
		return nil, err
	}
	now, err := c.Height(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.admit(ctx, raw); err != nil {
		return nil, err
	}
	return c.await(ctx, sent{hash: cmttypes.Tx(raw).Hash(), signer: p.Team.Account, sequence: p.Sequence, after: now, until: p.Until})
}
