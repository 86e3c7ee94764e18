package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

const (
	questionSize = 1024             // bytes of a body
	promptText   = 280              // characters that give about as much
	signedFor    = 60 * time.Second // the timeout stated: how long what is signed beforehand stays fresh
	patience     = 5 * time.Minute  // for all the answers on one connection
)

// presign makes count raw requests of one connection, which states a uuid of its own: the SDK's
// axon wants the nonces of a uuid to rise.
func presign(key *keys.Pair, hotkey, address string, count int) ([][]byte, error) {
	schema, err := synapse.For[Prompt]()
	if err != nil {
		return nil, err
	}
	id, err := synapse.NewUUID()
	if err != nil {
		return nil, err
	}
	out := make([][]byte, count)
	for i := range out {
		if out[i], err = presignOne(schema, key, hotkey, address, id, promptText); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// presignOne signs a question whose body has exactly questionSize bytes: text is the first guess.
func presignOne(schema *synapse.Schema, key *keys.Pair, hotkey, address, id string, text int) ([]byte, error) {
	m, err := schema.Dump(Prompt{Text: strings.Repeat("x", text)})
	if err != nil {
		return nil, err
	}
	m.Timeout = signedFor.Seconds()
	m.Dendrite = synapse.Terminal{IP: "127.0.0.1", Version: synapse.WireVersion, Nonce: time.Now().UnixNano(), UUID: id, Hotkey: key.Address()}
	m.Axon = synapse.Terminal{IP: "127.0.0.1", Port: 8091, Hotkey: hotkey}
	m.BodyHash = m.HashBody()
	m.Dendrite.Signature, err = synapse.Sign(key, synapse.SignedText(m.Dendrite.Nonce, m.Dendrite.Hotkey, hotkey, id, m.BodyHash))
	if err != nil {
		return nil, err
	}
	body, err := m.Body(synapse.RequestStyle)
	if err != nil {
		return nil, err
	}
	if rest := questionSize - len(body); rest != 0 {
		return presignOne(schema, key, hotkey, address, id, text+rest)
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+address+"/"+m.Name, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	m.SetHeaders(r.Header)
	var raw bytes.Buffer
	err = r.Write(&raw)
	return raw.Bytes(), err
}

// drive sends each list on a connection of its own, one request after the other, and returns how
// long each answer took, shortest first.
func drive(address string, lists [][][]byte) ([]time.Duration, error) {
	took := make([][]time.Duration, len(lists))
	var group errgroup.Group
	for c, list := range lists {
		group.Go(func() (err error) {
			took[c], err = driveOne(address, list)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return all, nil
}

func driveOne(address string, list [][]byte) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(conn)
	took := make([]time.Duration, len(list))
	for i, raw := range list {
		began := time.Now()
		if _, err := conn.Write(raw); err != nil {
			return nil, err
		}
		r, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		took[i] = time.Since(began)
		if r.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"out":"ok"`)) {
			return nil, fmt.Errorf("question %d: %s %.200q", i, r.Status, body)
		}
	}
	return took, nil
}

// quantile of sorted times, q from 0 to 1.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
