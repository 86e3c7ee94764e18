// Package interop holds the acceptance test of the wire, against Bittensor's SDK in Python.
//
// Live: TestSDK draws questions from a seed and asks each with both dendrites of axons of both sides,
// through a proxy that spoils some. What differs must stand in rules_test.go. `make test-python` makes
// the interpreters and runs it with each; by hand,
//
//	ERGON_BITTENSOR_PYTHON=$PWD/.tools/python/bittensor-10.5.0/bin/python go test -v ./neuron/interop
//
// also lists the differences. Without an interpreter it is skipped.
//
// Recorded: traffic of the live runs is replayed in every run of the tests, questions of the SDK's
// dendrites to our axon and answers of its axons to our dendrite. ERGON_RECORD=1 records it anew.
package interop

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/neuron/wallet"
)

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
	c := exec.Command(interpreter(t), "testdata/peer.py", "wallet", dir, "ours", "theirs")
	c.Env = append(os.Environ(), "HOME="+t.TempDir(), "BT_LOGGING_OFF=1", "BT_NO_PARSE_CLI_ARGS=1")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
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
