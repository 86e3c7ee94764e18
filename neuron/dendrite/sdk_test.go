package dendrite

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// startStreamingSDK serves testdata/streaming.py with the interpreter in ERGON_BITTENSOR_PYTHON.
func startStreamingSDK(t *testing.T, d *Dendrite) Target {
	t.Helper()
	python := os.Getenv("ERGON_BITTENSOR_PYTHON")
	if python == "" {
		t.Skip("ERGON_BITTENSOR_PYTHON names no Python interpreter with the bittensor SDK")
	}
	target, dir := closedPort(t), t.TempDir()
	w, _, err := wallet.Create(dir, "server", wallet.NoPassword())
	if err == nil {
		_, _, err = w.CreateHotkey("default")
	}
	if err == nil {
		target.Hotkey, err = w.HotkeyAddress("default")
	}
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "testdata/streaming.py", dir, "server", strconv.Itoa(int(target.Address.Port())))
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		defer time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() }).Stop()
		_ = c.Wait()
	})
	var echo Result[synapse.Echo]
	for deadline := time.Now().Add(2 * never); time.Now().Before(deadline); { // the SDK does not say when it serves
		if echo = Call(context.Background(), d, target, &synapse.Echo{}); echo.Status != StatusUnavailable {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !echo.OK() {
		t.Fatalf("echo: %v", echo.Err)
	}
	return target
}

func TestStreamsOfTheSDK(t *testing.T) {
	d := newDendrite(t, Options{BreakAfter: -1})
	target := startStreamingSDK(t, d)
	for _, c := range []struct {
		asked, text string
		status      int
		err         error
	}{
		{"hello", "you said ühello", 200, nil},
		{"fail first", "", 500, ErrRefused},
		{"fail later", "you said üfail later", 0, nil}, // ends or breaks as the release of its server has it
	} {
		var text string
		var end StreamEnd
		for piece, err := range Stream(context.Background(), d, target, &Prompt{c.asked}, WithEnd(&end)) {
			if text += string(piece); err != end.Err {
				t.Errorf("%s: %v", c.asked, err)
			}
		}
		if c.status == 0 && errors.Is(end.Err, ErrUnavailable) {
			c.status, c.err = StatusUnavailable, ErrUnavailable
		} else if c.status == 0 {
			c.status = StatusSuccess
		}
		if text != c.text || end.Status != c.status || !errors.Is(end.Err, c.err) || end.Signed {
			t.Errorf("%s: %q %+v", c.asked, text, end)
		}
	}
	other := Target{pair(t, 3).Address(), target.Address}
	if _, end, _ := gatherStream(d, other); end.Status != 401 {
		t.Errorf("another axon's question: %+v", end)
	}
	if r := Call(context.Background(), d, target, &Prompt{"hello"}); r.Status != 422 {
		t.Errorf("a stream is no plain answer: %+v", r)
	}
}
