package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// TestMain lets the test program be its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "axon" || os.Args[1] == "axons" || os.Args[1] == "dendrite") {
		if err := serveRole(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestQuestionsAreSignedAndOfOneSize(t *testing.T) {
	client, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	server, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	list, err := presign(client, server.Address(), "127.0.0.1:8091", 3)
	if err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for _, raw := range list {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) != questionSize {
			t.Errorf("%d bytes, %v", len(body), err)
		}
		h, err := synapse.ParseHeaders(r.Header, false)
		if err != nil || h.Dendrite.Nonce <= last {
			t.Errorf("nonce %d after %d, %v", h.Dendrite.Nonce, last, err)
		}
		last = h.Dendrite.Nonce
		text := synapse.SignedText(last, client.Address(), server.Address(), h.Dendrite.UUID, h.BodyHash)
		if err := synapse.CheckSignature(client.Public(), text, h.Dendrite.Signature); err != nil || h.BodyHash == synapse.EmptyBodyHash {
			t.Errorf("%v, hash %s", err, h.BodyHash)
		}
	}
}

// The Go half of a small run, with real processes.
func TestGoSide(t *testing.T) {
	p := plan{requests: 80, connections: 4, axons: 5, rounds: 3, dir: t.TempDir()}
	if err := p.makeWallets(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	m, err := p.measureAxon(ctx, inGo)
	if err != nil || m.p50 <= 0 || m.p99 < m.p50 || m.rss <= 0 || m.rate <= 0 {
		t.Errorf("%+v %v", m, err)
	}
	rounds, err := p.measureDendrites(ctx, inGo)
	if err != nil || len(rounds) != 1 || len(rounds[0]) != 3 || rounds[0][0] <= 0 {
		t.Errorf("%v %v", rounds, err)
	}
	if _, err := cpuOf(os.Getpid()); err != nil {
		t.Error(err)
	}
	if err := (plan{}).run(ctx); err == nil {
		t.Error("a run without an interpreter is no error")
	}
}

func TestQuantiles(t *testing.T) {
	var sorted []time.Duration
	for i := range 100 {
		sorted = append(sorted, time.Duration(i))
	}
	if a, b, c := quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted[:1], 0.99); a != 50 || b != 99 || c != 0 {
		t.Error(a, b, c)
	}
	if m := median([]float64{9, 1, 5}); m != 5 {
		t.Error(m)
	}
}
