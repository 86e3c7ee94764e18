package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	rpctypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/crypto"
	"github.com/ergon-network/ergon/chain/fees"
	"github.com/ergon-network/ergon/keys"
)

// lifetime bounds how long a transaction may wait for inclusion, in blocks: after that it is
// certain that it never happens.
const lifetime = 60

// ErrNotIncluded is wrapped by errors that mean that a transaction is in no block and never will be.
var ErrNotIncluded = errors.New("nothing happened")

// tries is how often a transaction is signed anew because other clients of the same key are faster.
const tries = 8

// Receipt says where a transaction happened.
type Receipt struct {
	Hash   string
	Height uint64
	Events []abci.Event
	Data   []byte
}

// Refusal is the ledger's no. errors.Is matches it with the module's registered error.
type Refusal struct {
	Codespace string
	Code      uint32
	Log       string
}

func (r *Refusal) Error() string { return r.Log }

// Unwrap gives the registered error behind the code.
func (r *Refusal) Unwrap() error { return errorsmod.ABCIError(r.Codespace, r.Code, "") }

// account is what signing for one key needs; calls of one key go out one after the other.
type account struct {
	mu     sync.Mutex
	known  bool
	number uint64
	next   uint64 // sequence
}

func (c *Client) account(address string) *account {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.signers[address]
	if !ok {
		a = &account{}
		c.signers[address] = a
	}
	return a
}

// Submit signs the messages as one transaction, broadcasts it and waits until it is in a block.
// A *Refusal means the ledger said no and nothing happened.
func (c *Client) Submit(ctx context.Context, signer *keys.Pair, msgs ...sdk.Msg) (*Receipt, error) {
	return c.submit(ctx, signer, lifetime, msgs...)
}

// Sent is the outcome of a call that was not to be waited for: the node has taken its transaction,
// which is in one of the blocks up to Until or never happens. Client.Tx tells.
type Sent struct {
	Hash  string // hex, upper case
	Until uint64 // height
}

func (s *Sent) Error() string {
	return fmt.Sprintf("transaction %s was sent; it is in a block up to %d, or never happens", s.Hash, s.Until)
}

type notWaiting struct{}

// WithoutWaiting makes the calls under the returned context end with a *Sent as soon as the node
// has taken their transaction.
func WithoutWaiting(ctx context.Context) context.Context {
	return context.WithValue(ctx, notWaiting{}, true)
}

// submit is Submit for a transaction that may wait for so many blocks.
func (c *Client) submit(ctx context.Context, signer *keys.Pair, blocks uint64, msgs ...sdk.Msg) (*Receipt, error) {
	msgs, err := represent(ctx, signer.Address(), msgs)
	if err != nil {
		return nil, err
	}
	a := c.account(signer.Address())
	a.mu.Lock()
	sent, err := c.broadcast(ctx, a, signer, blocks, msgs)
	a.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return c.await(ctx, sent)
}

// broadcast hands the transaction to the node's mempool, refreshing the sequence when another
// client of the same key was faster.
func (c *Client) broadcast(ctx context.Context, a *account, signer *keys.Pair, blocks uint64, msgs []sdk.Msg) (sent, error) {
	for try := 0; ; try++ {
		if !a.known {
			if err := c.refresh(ctx, a, signer.Address()); err != nil {
				return sent{}, err
			}
		}
		now, err := c.Height(ctx)
		if err != nil {
			return sent{}, err
		}
		raw, err := c.sign(ctx, a, signer, now+blocks, msgs)
		if err != nil {
			return sent{}, err
		}
		err = c.admit(ctx, raw)
		if err == nil {
			a.next++
			return sent{hash: cmttypes.Tx(raw).Hash(), signer: signer.Address(), sequence: a.next - 1, after: now, until: now + blocks}, nil
		}
		a.known = false
		// A free call that waits already is replaced by signing anew with its sequence, which is the one
		// that the ledger names; where that will not do, the other one has to be in a block first.
		if !errors.Is(err, sdkerrors.ErrWrongSequence) && !errors.Is(err, fees.ErrWaiting) || try == tries {
			return sent{}, err
		}
		if try > 0 { // what we just read is behind: the other's transaction is not in a block yet
			if err := c.reach(ctx, now+1); err != nil {
				return sent{}, err
			}
		}
	}
}

// reach waits for a height.
func (c *Client) reach(ctx context.Context, height uint64) error {
	for {
		now, err := c.Height(ctx)
		if err != nil || now >= height {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(inclusionGap):
		}
	}
}

// admit passes the bytes to the mempool; passing the same bytes twice is harmless.
func (c *Client) admit(ctx context.Context, raw []byte) error {
	res, err := retry(ctx, c, func(ctx context.Context) (*rpctypes.ResultBroadcastTx, error) {
		return c.rpc.BroadcastTxSync(ctx, raw)
	})
	if err != nil {
		if strings.Contains(err.Error(), "tx already seen") {
			return nil
		}
		return fmt.Errorf("broadcast: %w", err)
	}
	if res.Code != 0 {
		return &Refusal{Codespace: res.Codespace, Code: res.Code, Log: res.Log}
	}
	return nil
}

// Account is what signing for an account needs: its number, and the sequence of its next transaction
// as of the last block.
func (c *Client) Account(ctx context.Context, address string) (number, sequence uint64, err error) {
	var a account
	err = c.refresh(ctx, &a, address)
	return a.number, a.next, err
}

func (c *Client) info(ctx context.Context, address string) (*authtypes.QueryAccountInfoResponse, error) {
	q := authtypes.NewQueryClient(c.query)
	return retry(ctx, c, func(ctx context.Context) (*authtypes.QueryAccountInfoResponse, error) {
		return q.AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: address})
	})
}

func (c *Client) refresh(ctx context.Context, a *account, signer string) error {
	res, err := c.info(ctx, signer)
	if status.Code(err) == codes.NotFound {
		return fmt.Errorf("%s has no account yet: fund it, or register it as a hotkey, first", signer)
	}
	if err != nil {
		return fmt.Errorf("read account %s: %w", signer, err)
	}
	a.number, a.next, a.known = res.Info.AccountNumber, res.Info.Sequence, true
	return nil
}

// Fee is what the ledger will take at most for the calls as one transaction of the signer's, 0 if
// they are free. It asks nobody, so it can be shown before anything is signed.
func (c *Client) Fee(ctx context.Context, signer string, msgs ...sdk.Msg) (uint64, error) {
	id, err := keys.ParseSS58(signer)
	if err != nil {
		return 0, err
	}
	if msgs, err = represent(ctx, signer, msgs); err != nil {
		return 0, err
	}
	const long = 1 << 35 // no sequence or height takes more room soon
	return app.Draft{Msgs: msgs, PubKey: crypto.NewPubKey(id), Sequence: long, Until: long}.Fee(c.enc)
}

func (c *Client) sign(ctx context.Context, a *account, signer *keys.Pair, until uint64, msgs []sdk.Msg) ([]byte, error) {
	d := app.Draft{Msgs: msgs, ChainID: c.chainID, Number: a.number, Sequence: a.next, Until: until}
	raw, err := d.Sign(ctx, c.enc, signer)
	if err != nil {
		return nil, fmt.Errorf("sign transaction: %w", err)
	}
	return raw, nil
}

// sent is a transaction on its way: it can only be in the blocks after one and up to another.
type sent struct {
	hash         []byte
	signer       string
	sequence     uint64
	after, until uint64
}

// await reads block after block until the transaction is in one, or can no longer be. It does not
// ask the node's index of transactions: that is written behind the blocks, and a node that was
// killed in between never catches up on it. WithoutWaiting it returns a *Sent at once.
func (c *Client) await(ctx context.Context, s sent) (*Receipt, error) {
	if ctx.Value(notWaiting{}) != nil {
		return nil, &Sent{Hash: strings.ToUpper(hex.EncodeToString(s.hash)), Until: s.until}
	}
	for next := s.after + 1; next <= s.until; {
		head, err := c.Height(ctx)
		unread := next
		for err == nil && next <= min(head, s.until) {
			var r *Receipt
			if r, err = c.find(ctx, s.hash, next); r != nil {
				return r, err
			}
			if err == nil {
				next++
			}
		}
		var refused *Refusal
		if errors.As(err, &refused) {
			return nil, err
		}
		if err == nil && next > unread && c.superseded(ctx, s, next-1) {
			return nil, fmt.Errorf("transaction %x gave way to another one of %s: see what that did before sending this again", s.hash, s.signer)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("transaction %x was sent but not seen in a block yet: %w", s.hash, ctx.Err())
		case <-time.After(inclusionGap):
		}
	}
	return nil, fmt.Errorf("%w: transaction %x was not included by block %d and never will be: send it again", ErrNotIncluded, s.hash, s.until)
}

// superseded tells whether a transaction that is in no block up to head never will be, because
// another one of the signer had its sequence.
func (c *Client) superseded(ctx context.Context, s sent, head uint64) bool {
	res, err := c.info(At(ctx, head), s.signer)
	return err == nil && res.Info.Sequence > s.sequence
}

// find looks for a transaction in one block; nil without an error means that it is not there.
func (c *Client) find(ctx context.Context, hash []byte, height uint64) (*Receipt, error) {
	h := int64(height)
	block, err := retry(ctx, c, func(ctx context.Context) (*rpctypes.ResultBlock, error) { return c.rpc.Block(ctx, &h) })
	if err != nil {
		return nil, err
	}
	at := block.Block.Txs.IndexByHash(hash)
	if at < 0 {
		return nil, nil
	}
	results, err := c.Block(ctx, height)
	if err != nil {
		return nil, err
	}
	r := results.Txs[at]
	if r.Code != 0 {
		return nil, &Refusal{Codespace: r.Codespace, Code: r.Code, Log: r.Log}
	}
	return &Receipt{Hash: strings.ToUpper(hex.EncodeToString(hash)), Height: height, Events: r.Events, Data: r.Data}, nil
}

// Attribute returns the first value of an attribute in the receipt's events of a type, or "".
func (r *Receipt) Attribute(event, key string) string { return Attribute(r.Events, event, key) }

// Attribute returns the first value of an attribute in events of a type, or "".
func Attribute(events []abci.Event, event, key string) string {
	for _, e := range events {
		if e.Type != event {
			continue
		}
		for _, at := range e.Attributes {
			if at.Key == key {
				return at.Value
			}
		}
	}
	return ""
}
