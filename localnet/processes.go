package localnet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/node"
	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/internal/ports"
	"github.com/ergon-network/ergon/localnet/supervise"
	"github.com/ergon-network/ergon/objectstore/server"
	"github.com/ergon-network/ergon/subnets"
)

// Stages in which processes are stopped: those that ask before those that answer, the ledger last.
const (
	stageValidators = iota
	stageMiners
	stageStore
	stageProducers
)

// hold starts a process of the market and keeps it: one that fails is started again. A producer resumes from its store, a validator
// from its state, a miner needs neither, so an accident costs a few answers and no more.
func (s *stage) hold(ctx context.Context, spec supervise.Spec) error {
	spec.Restart = supervise.DefaultRestart
	return s.sup.Start(ctx, spec)
}

// stage holds what the processes of a running localnet share.
type stage struct {
	o       Options
	plan    Plan
	sup     *supervise.Supervisor
	ports   *ports.Ports
	rpc     string
	rest    string
	chain   *client.Client
	netuids []uint16
	status  [][]string        // read APIs of each subnet's validators
	stores  map[string]string // bucket -> store URL; nil when no market needs a store
}

func (s *stage) address(name string) (string, error) {
	port, err := s.ports.Get(name)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("127.0.0.1:%d", port), nil
}

// producers starts the ledger's nodes; on the first start of a directory it makes them.
func (s *stage) producers(ctx context.Context) error {
	configs := make([]node.Config, s.plan.Producers)
	for i := range configs {
		c, err := s.nodeConfig(i)
		if err != nil {
			return err
		}
		configs[i] = c
	}
	s.rpc, s.rest = configs[0].RPC, configs[0].REST
	if err := s.ensureNodes(configs); err != nil {
		return err
	}
	for i := range configs {
		spec := supervise.Spec{
			Name: nodeName(i), Stage: stageProducers, Args: []string{"node", "start", "--dir", nodeDir(s.o, i)},
			Ready: s.reachable(configs[i].RPC),
		}
		if err := s.hold(ctx, spec); err != nil {
			return err
		}
	}
	chain, err := client.Dial(ctx, s.rpc)
	if err != nil {
		return err
	}
	s.chain = chain
	return s.nextBlock(ctx)
}

func (s *stage) nodeConfig(i int) (node.Config, error) {
	c := node.Config{BlockTime: node.Duration(s.plan.BlockTime)}
	for _, a := range []struct {
		name string
		to   *string
	}{{"rpc", &c.RPC}, {"p2p", &c.P2P}, {"rest", &c.REST}, {"grpc", &c.GRPC}} {
		address, err := s.address(nodeName(i) + "-" + a.name)
		if err != nil {
			return c, err
		}
		*a.to = address
	}
	return c, nil
}

// ensureNodes makes the nodes, or gives existing ones their addresses of today: a port that was
// taken meanwhile has been replaced by another.
func (s *stage) ensureNodes(configs []node.Config) error {
	if _, err := os.Stat(nodeDir(s.o, len(configs)-1) + "/format"); errors.Is(err, os.ErrNotExist) {
		return makeNodes(s.o, s.plan, configs)
	}
	peers, err := node.Peers(nodeDirs(s.o, len(configs)), configs)
	if err != nil {
		return err
	}
	for i := range configs {
		configs[i].Peers = peers[i]
		if err := node.WriteConfig(nodeDir(s.o, i), configs[i]); err != nil {
			return err
		}
	}
	return nil
}

func nodeDirs(o Options, n int) []string {
	dirs := make([]string, n)
	for i := range dirs {
		dirs[i] = nodeDir(o, i)
	}
	return dirs
}

// reachable is ready when the node answers; a chain of several nodes makes blocks only later.
func (s *stage) reachable(rpc string) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := client.Dial(ctx, rpc)
		return err
	}
}

// nextBlock waits for a block. It is the first one, or the one that a resumed ledger was about to
// make when it was stopped: with that, what an earlier start sent has happened or never will, and
// bootstrap sees it.
func (s *stage) nextBlock(ctx context.Context) error {
	start, err := s.chain.Height(ctx)
	if err != nil {
		return err
	}
	for {
		h, err := s.chain.Height(ctx)
		if err != nil || h > start {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// store starts the embedded object store when a market needs one.
func (s *stage) store(ctx context.Context, markets []subnets.Market) error {
	needed := false
	for _, m := range markets {
		needed = needed || m.S3
	}
	if !needed {
		return nil
	}
	address, err := s.address("s3")
	if err != nil {
		return err
	}
	accounts, err := s.accounts()
	if err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	s.stores = map[string]string{}
	for _, a := range accounts {
		s.stores[a.Bucket] = a.URL(at)
	}
	return s.hold(ctx, supervise.Spec{
		Name: "s3", Stage: stageStore, Ready: tcpReady(address),
		Args: []string{"s3", "--dir", s.o.path("s3"), "--listen", address, "--accounts", s.o.path("s3-accounts.json")},
	})
}

// visitor is the bucket, and its account, that a miner from a second terminal uses, and its port.
const visitor = "visitor"

// accounts reads the object store's accounts, or draws them: one bucket and key per neuron, and
// one for a visitor.
func (s *stage) accounts() ([]server.Account, error) {
	path := s.o.path("s3-accounts.json")
	if _, err := os.Stat(path); err == nil {
		return server.LoadAccounts(path)
	}
	names := []string{visitor}
	for _, sub := range s.plan.Subnets {
		for _, n := range sub.Neurons {
			names = append(names, n.Name)
		}
	}
	accounts := make([]server.Account, len(names))
	for i, name := range names {
		a, err := server.NewAccount(name, rand.Reader)
		if err != nil {
			return nil, err
		}
		accounts[i] = a
	}
	return accounts, server.SaveAccounts(path, accounts)
}

// neurons starts all miners, then all validators.
func (s *stage) neurons(ctx context.Context, markets []subnets.Market) error {
	for _, role := range []string{Miner, Validator} {
		for i, sub := range s.plan.Subnets {
			for _, n := range sub.Neurons {
				if n.Role != role {
					continue
				}
				if err := s.neuron(ctx, i, markets[i], n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *stage) neuron(ctx context.Context, subnet int, m subnets.Market, n Neuron) error {
	listen, err := s.address(n.Name)
	if err != nil {
		return err
	}
	args := []string{
		n.Role, "run", "--subnet", m.Name, "--netuid", fmt.Sprint(s.netuids[subnet]), "--node", s.rpc,
		"--wallet-dir", s.o.path("wallets"), "--wallet", n.Name, "--hotkey", hotkeyName,
		"--dir", s.o.path(n.Name), "--listen", listen, "--loopback",
	}
	spec := supervise.Spec{Name: n.Name, Nice: 10, Stage: stageMiners, Ready: tcpReady(listen)}
	if url := s.stores[n.Name]; url != "" {
		spec.Env = append(spec.Env, "ERGON_S3="+url) // holds a key: not on the command line
	}
	if n.Role == Miner {
		args = append(args, "--strategy", n.Strategy)
	} else {
		status, err := s.address(n.Name + statusSuffix)
		if err != nil {
			return err
		}
		s.status[subnet] = append(s.status[subnet], status)
		args = append(args, "--status", status, "--profile", s.plan.Subnets[subnet].Profile)
		if s.o.Clips != "" {
			args = append(args, "--clips", s.o.Clips)
		}
		spec.Stage, spec.Nice, spec.Ready = stageValidators, 5, tcpReady(status)
	}
	spec.Args = args
	return s.hold(ctx, spec)
}

// tcpReady is ready when something listens on the address.
func tcpReady(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// writeEnv leaves what a second terminal needs: `eval "$(ergon localnet env)"`.
func (s *stage) writeEnv(page string) error {
	listen, err := s.address(visitor)
	if err != nil {
		return err
	}
	validator, err := s.address(firstValidator(s.plan.Subnets[0]) + statusSuffix)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, v := range []struct{ name, value string }{
		{"NODE", s.rpc}, {"REST", "http://" + s.rest}, {"PAGE", page}, {"WALLETS", s.o.path("visitors")}, {"LISTEN", listen}, {"LOOPBACK", "1"}, {"S3", s.stores[visitor]},
		{"VALIDATOR", validator},
	} {
		if v.value != "" {
			fmt.Fprintf(&b, "export ERGON_%s=%s\n", v.name, quoted(v.value))
		}
	}
	return durable.Write(s.o.path("env"), []byte(b.String()))
}

// quoted is text as one word of a shell's command line.
func quoted(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+,") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// statusSuffix makes the name of a validator's read API among the ports.
const statusSuffix = "-status"

// firstValidator is the name of a subnet's first validator.
func firstValidator(sub Subnet) string {
	for _, n := range sub.Neurons {
		if n.Role == Validator {
			return n.Name
		}
	}
	return ""
}

// Env is what writeEnv left in a localnet's directory.
func Env(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "env"))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no localnet runs in %s: start one with `ergon localnet --dir %s`", dir, quoted(dir))
	}
	return string(raw), err
}
