package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
)

// ErrDigest is returned for a genesis that is not the one that was asked for.
var ErrDigest = errors.New("the genesis is another one")

// Digest names a genesis: SHA-256 over its JSON without white space. Two operators who see the same
// digest join the same ledger.
func Digest(doc *cmttypes.GenesisDoc) (string, error) {
	digest, _, err := digestOf(doc)
	return digest, err
}

func digestOf(doc *cmttypes.GenesisDoc) (digest string, compact []byte, err error) {
	raw, err := cmtjson.Marshal(doc)
	if err != nil {
		return "", nil, err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), b.Bytes(), nil
}

// FetchGenesis reads a genesis from a file or from the RPC address of a node that runs, and with a
// digest refuses any other. From a node it also learns under which address peers dial it; that is
// empty for a file.
func FetchGenesis(ctx context.Context, from, digest string, say func(string)) (doc *cmttypes.GenesisDoc, peer string, err error) {
	if _, err := os.Stat(from); err == nil {
		if doc, err = cmttypes.GenesisDocFromFile(from); err != nil {
			return nil, "", fmt.Errorf("read genesis: %w", err)
		}
	} else if doc, peer, err = fetchGenesis(ctx, from, say); err != nil {
		return nil, "", fmt.Errorf("genesis from %s (neither a file nor a node that answers): %w", from, err)
	}
	got, err := Digest(doc)
	if err != nil {
		return nil, "", err
	}
	if digest != "" && !equalHex(got, digest) {
		return nil, "", fmt.Errorf("%w: %s has digest %s, you gave %s: ask the ledger's operators which is theirs", ErrDigest, from, got, digest)
	}
	return doc, peer, nil
}

func rpcURL(address string) string {
	if !strings.Contains(address, "://") {
		return "http://" + address
	}
	return address
}

func fetchGenesis(ctx context.Context, address string, say func(string)) (*cmttypes.GenesisDoc, string, error) {
	rpc, err := rpchttp.New(rpcURL(address), "/websocket")
	if err != nil {
		return nil, "", err
	}
	var raw []byte
	for i, total := uint(0), 1; int(i) < total; i++ {
		chunk, err := rpc.GenesisChunked(ctx, i)
		if err != nil {
			return nil, "", err
		}
		total = chunk.TotalChunks
		say(fmt.Sprintf("reading genesis, part %d of %d…", i+1, total))
		data, err := base64.StdEncoding.DecodeString(chunk.Data)
		if err != nil {
			return nil, "", err
		}
		if raw = append(raw, data...); len(raw) > maxPart {
			return nil, "", fmt.Errorf("more than %d bytes", maxPart)
		}
	}
	doc, err := cmttypes.GenesisDocFromJSON(raw)
	if err != nil {
		return nil, "", err
	}
	status, err := rpc.Status(ctx)
	if err != nil {
		return nil, "", err
	}
	listens, err := url.Parse(rpcURL(strings.TrimPrefix(status.NodeInfo.ListenAddr, "tcp://")))
	if err != nil {
		return nil, "", err
	}
	host := listens.Hostname()
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() { // it listens everywhere: we reach it where we asked
		asked, err := url.Parse(rpcURL(address))
		if err != nil {
			return nil, "", err
		}
		host = asked.Hostname()
	}
	return doc, string(status.NodeInfo.ID()) + "@" + net.JoinHostPort(host, listens.Port()), nil
}

// Trust finds a block for a new node to begin from. Two nodes, of different operators at best, must
// agree on it; with a height and hash of the operator's both must have that block.
func Trust(ctx context.Context, rpcs []string, height int64, hash string) (*StateSync, error) {
	if len(rpcs) != 2 {
		return nil, fmt.Errorf("state-sync asks two nodes, %d are given: name two with --rpc", len(rpcs))
	}
	s := &StateSync{Height: height, Hash: strings.ToUpper(hash)}
	for _, address := range rpcs {
		rpc, err := rpchttp.New(rpcURL(address), "/websocket")
		if err != nil {
			return nil, err
		}
		if s.Height == 0 { // the first is asked how far it is: one block less is surely committed
			status, err := rpc.Status(ctx)
			if err != nil {
				return nil, fmt.Errorf("ask %s how far it is: %w", address, err)
			}
			s.Height = max(status.SyncInfo.LatestBlockHeight-1, 1)
		}
		c, err := rpc.Commit(ctx, &s.Height)
		if err != nil {
			return nil, fmt.Errorf("ask %s for block %d: %w", address, s.Height, err)
		}
		switch got := c.Header.Hash().String(); {
		case s.Hash == "":
			s.Hash = got
		case !equalHex(got, s.Hash):
			return nil, fmt.Errorf("block %d is %s at %s, %s elsewhere: one of them lies or follows another ledger; ask an operator you trust and give --trust-height and --trust-hash",
				s.Height, got, address, s.Hash)
		}
		s.RPC = append(s.RPC, rpcURL(address))
	}
	return s, nil
}

// Join makes a node of somebody else's ledger in an empty directory.
func Join(dir, name string, doc *cmttypes.GenesisDoc, c Config) (Identity, error) {
	if err := mustBeEmpty(dir); err != nil {
		return Identity{}, err
	}
	if len(c.Peers) == 0 {
		return Identity{}, errors.New("a node without peers gets no blocks: name one with --peer ID@HOST:PORT")
	}
	for _, p := range c.Peers {
		id, address, ok := strings.Cut(p, "@")
		if _, _, err := net.SplitHostPort(address); !ok || err != nil || len(id) != 40 {
			return Identity{}, fmt.Errorf("peer %q: use ID@HOST:PORT as `ergon node status` shows it", p)
		}
	}
	id, err := Prepare(dir, name)
	if err != nil {
		return id, err
	}
	return id, Init(dir, doc, c)
}
