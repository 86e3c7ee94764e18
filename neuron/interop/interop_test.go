// Package interop holds the acceptance test of the wire: a live run against Bittensor's SDK in
// Python. It needs an interpreter that has the SDK and is skipped without one:
//
//	python3 -m venv v && v/bin/pip install bittensor==10.2.0
//	ERGON_BITTENSOR_PYTHON=v/bin/python go test ./neuron/interop/
package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/synapse"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// Dummy and Hashed mirror testdata/peer.py.
type Dummy struct {
	DummyInput  int  `wire:"dummy_input"`
	DummyOutput *int `wire:"dummy_output,output"`
}

// HashFields is the SDK's default.
func (Dummy) HashFields() []string { return nil }

// Hashed has fields whose Python text the hash covers.
type Hashed struct {
	Text    string  `wire:"text"`
	Numbers []any   `wire:"numbers"`
	Table   any     `wire:"table"`
	Ratio   float64 `wire:"ratio"`
	Answer  *string `wire:"answer,output"`
}

func interpreter(t *testing.T) string {
	t.Helper()
	python := os.Getenv("ERGON_BITTENSOR_PYTHON")
	if python == "" {
		t.Skip("ERGON_BITTENSOR_PYTHON names no Python interpreter with the bittensor SDK")
	}
	return python
}

func peer(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, interpreter(t), append([]string{"testdata/peer.py"}, arguments...)...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir(), "BT_LOGGING_OFF=1")
	c.Stderr = os.Stderr
	return c
}

// jsonOf runs a peer to its end and decodes the last line it prints.
func jsonOf(t *testing.T, into any, arguments ...string) {
	t.Helper()
	out, err := peer(t, arguments...).Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), into); err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, out)
	}
}

func newWallet(t *testing.T, dir, name string) *wallet.Wallet {
	t.Helper()
	w, _, err := wallet.Create(dir, name, wallet.NoPassword())
	if err == nil {
		_, _, err = w.CreateHotkey("default")
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWalletsAreShared(t *testing.T) {
	interpreter(t)
	dir := t.TempDir()
	ours := newWallet(t, dir, "ours")
	var got struct{ Read, Made []string }
	jsonOf(t, &got, "wallet", dir, "ours", "theirs")
	cold, _ := ours.ColdkeyAddress()
	hot, _ := ours.HotkeyAddress("default")
	if want := []string{cold, hot, cold}; !slices.Equal(got.Read, want) {
		t.Errorf("the SDK reads %v, want %v", got.Read, want)
	}
	theirs, err := wallet.Open(dir, "theirs")
	if err != nil {
		t.Fatal(err)
	}
	coldPair, err := theirs.Coldkey()
	if err != nil {
		t.Fatal(err)
	}
	hotPair, err := theirs.Hotkey("default")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{coldPair.Address(), hotPair.Address()}; !slices.Equal(got.Made, want) {
		t.Errorf("we read %v, the SDK made %v", want, got.Made)
	}
}

func TestOurDendriteAsksTheirAxon(t *testing.T) {
	interpreter(t)
	dir := t.TempDir()
	server, client := newWallet(t, dir, "server"), newWallet(t, dir, "client")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := netip.MustParseAddrPort(ln.Addr().String())
	ln.Close()
	command := peer(t, "axon", dir, "server", strconv.Itoa(int(address.Port())))
	stdin, _ := command.StdinPipe()
	stdout, _ := command.StdoutPipe()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stdin.Close(); _ = command.Wait() }()
	for lines := bufio.NewScanner(stdout); lines.Scan() && lines.Text() != "ready"; {
	}
	hotkey, err := server.HotkeyAddress("default")
	if err != nil {
		t.Fatal(err)
	}
	key, err := client.Hotkey("default")
	if err != nil {
		t.Fatal(err)
	}
	d, err := dendrite.New(dendrite.Options{Key: key, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	target := dendrite.Target{Hotkey: hotkey, Address: address}
	ctx := context.Background()
	var echo dendrite.Result[synapse.Echo]
	for range 100 { // the SDK says nothing when its socket is open
		if echo = dendrite.Call(ctx, d, target, &synapse.Echo{}); echo.Status != dendrite.StatusUnavailable {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !echo.OK() {
		t.Fatalf("echo: %v", echo.Err)
	}
	if r := dendrite.Call(ctx, d, target, &Dummy{DummyInput: 7}); !r.OK() || *r.Answer.DummyOutput != 14 || r.Signed || r.ProcessTime <= 0 {
		t.Errorf("Dummy: %+v", r)
	}
	table := synapse.NewDict(synapse.Pair{Key: "z", Value: 1}, synapse.Pair{Key: "a", Value: []any{1e16, 1e-5}})
	h := dendrite.Call(ctx, d, target, &Hashed{Text: "it's ü", Numbers: []any{1, 2.5, nil, "a'b\"c\n", true}, Table: table, Ratio: 1})
	if !h.OK() || *h.Answer.Answer != "it's ü{'z': 1, 'a': [1e+16, 1e-05]}" {
		t.Errorf("Hashed: %v %+v", h.Err, h.Answer)
	}
	wrong, _ := client.HotkeyAddress("default")
	if r := dendrite.Call(ctx, d, dendrite.Target{Hotkey: wrong, Address: address}, &Dummy{}); r.Status != 401 {
		t.Errorf("wrong target: %d %s", r.Status, r.Message)
	}
	type Unknown struct{}
	if r := dendrite.Call(ctx, d, target, &Unknown{}); r.Status != 404 {
		t.Errorf("unknown route: %d %s", r.Status, r.Message)
	}
}

func TestTheirDendriteAsksOurAxon(t *testing.T) {
	interpreter(t)
	dir := t.TempDir()
	server := newWallet(t, dir, "server")
	newWallet(t, dir, "client")
	key, err := server.Hotkey("default")
	if err != nil {
		t.Fatal(err)
	}
	a, err := axon.New(axon.Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	err = axon.Handle(a, func(_ context.Context, _ axon.Call, req *Dummy) error {
		if req.DummyInput == 13 {
			return axon.Errorf(403, "unlucky")
		}
		out := 2 * req.DummyInput
		req.DummyOutput = &out
		return nil
	})
	if err == nil {
		err = axon.Handle(a, func(_ context.Context, _ axon.Call, req *Hashed) error {
			out := fmt.Sprintf("%s %s", req.Text, synapse.PyStr(req.Table))
			req.Answer = &out
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, ln) }()
	defer func() { cancel(); <-done }()
	var got []struct {
		Name, Message string
		Status        int
		AxonStatus    int     `json:"axon_status"`
		ProcessTime   float64 `json:"process_time"`
		Output        any
		Parallel      []int
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	jsonOf(t, &got, "dendrite", dir, "client", port, a.Hotkey())
	for i, want := range []struct {
		name, message string
		status        int
		output        any
	}{
		{"Dummy", "Success", 200, 14.0},
		{"Hashed", "Success", 200, "it's ü {'z': 1, 'a': [1e+16, 1e-05]}"},
		{"Synapse", "Success", 200, nil},
		{"Dummy", "unlucky", 403, nil},
	} {
		g := got[i]
		if g.Name != want.name || g.Status != want.status || g.Message != want.message || g.AxonStatus != want.status || g.Output != want.output {
			t.Errorf("%d: %+v, want %+v", i, g, want)
		}
		if want.status == 200 && g.ProcessTime <= 0 {
			t.Errorf("%d: no process time", i)
		}
	}
	if p := got[4].Parallel; len(p) != 20 || slices.ContainsFunc(p, func(s int) bool { return s != 200 }) {
		t.Errorf("parallel questions: %v", p)
	}
}
