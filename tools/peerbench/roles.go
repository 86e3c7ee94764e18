package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// Prompt is the question; peer.py has its counterpart.
type Prompt struct {
	Text string  `wire:"text"`
	Out  *string `wire:"out,output"`
}

func answer(_ context.Context, _ axon.Call, req *Prompt) error {
	out := "ok"
	req.Out = &out
	return nil
}

// serveRole is what a child process does: "axon DIR PORT", "axons COUNT" or
// "dendrite DIR TARGETS ROUNDS". Axons serve until their standard input ends.
func serveRole(ctx context.Context, role []string) error {
	switch {
	case role[0] == "axon" && len(role) == 3:
		key, err := hotkeyOf(role[1], serverWallet)
		if err != nil {
			return err
		}
		ln, err := net.Listen("tcp", "127.0.0.1:"+role[2])
		if err != nil {
			return err
		}
		return serveAxons(ctx, []*keys.Pair{key}, []net.Listener{ln})
	case role[0] == "axons" && len(role) == 2:
		count, err := strconv.Atoi(role[1])
		if err != nil {
			return err
		}
		return manyAxons(ctx, count)
	case role[0] == "dendrite" && len(role) == 4:
		return askAll(ctx, role[1], role[2], role[3])
	}
	return fmt.Errorf("unknown role %q", role)
}

func hotkeyOf(dir, name string) (*keys.Pair, error) {
	w, err := wallet.Open(dir, name)
	if err != nil {
		return nil, err
	}
	return w.Hotkey(hotkeyName)
}

func manyAxons(ctx context.Context, count int) error {
	pairs, listeners := make([]*keys.Pair, count), make([]net.Listener, count)
	targets := make([]target, count)
	for i := range count {
		var err error
		if pairs[i], err = keys.Generate(); err == nil {
			listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		}
		if err != nil {
			return err
		}
		targets[i] = target{pairs[i].Address(), listeners[i].Addr().(*net.TCPAddr).Port}
	}
	if err := json.NewEncoder(os.Stdout).Encode(targets); err != nil {
		return err
	}
	return serveAxons(ctx, pairs, listeners)
}

// target is an axon on loopback, as the roles tell each other.
type target struct {
	Hotkey string `json:"hotkey"`
	Port   int    `json:"port"`
}

func serveAxons(ctx context.Context, pairs []*keys.Pair, listeners []net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }()
	group, ctx := errgroup.WithContext(ctx)
	for i := range pairs {
		a, err := axon.New(axon.Options{Key: pairs[i], Queue: 1 << 10})
		if err == nil {
			err = axon.Handle(a, answer)
		}
		if err != nil {
			cancel()
			return err
		}
		group.Go(func() error { return a.Run(ctx, listeners[i]) })
	}
	return group.Wait()
}

// askAll asks every target in file for rounds rounds and prints the milliseconds of each as JSON.
func askAll(ctx context.Context, dir, file, rounds string) error {
	key, err := hotkeyOf(dir, clientWallet)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(file)
	var listed []target
	if err == nil {
		err = json.Unmarshal(raw, &listed)
	}
	count, atoiErr := strconv.Atoi(rounds)
	if err = errors.Join(err, atoiErr); err != nil {
		return err
	}
	targets := make([]dendrite.Target, len(listed))
	for i, t := range listed {
		targets[i] = dendrite.Target{Hotkey: t.Hotkey, Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(t.Port))}
	}
	d, err := dendrite.New(dendrite.Options{Key: key, AllowPrivate: true})
	if err != nil {
		return err
	}
	defer d.Close()
	took := make([]float64, count)
	for i := range took {
		began := time.Now()
		for _, r := range dendrite.Query(ctx, d, targets, &Prompt{Text: strings.Repeat("x", promptText)}, dendrite.WithTimeout(time.Minute)) {
			if r.Err != nil {
				return fmt.Errorf("round %d, %s: %w", i, r.Target.Address, r.Err)
			}
		}
		took[i] = ms(time.Since(began))
	}
	return json.NewEncoder(os.Stdout).Encode(took)
}
