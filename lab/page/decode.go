package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/ergon-network/ergon/lab"
)

// decode reads an archive within the page's bounds. What its subnet leaves out is as a new one has it.
func decode(raw []byte) (*lab.Archive, error) {
	a := lab.Archive{Subnet: lab.Defaults().Subnet}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return nil, fmt.Errorf("the archive cannot be read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the archive: send one JSON object")
	}
	if len(a.Name) > 200 {
		return nil, fmt.Errorf("the archive's name has %d bytes: use at most 200", len(a.Name))
	}
	if len(a.Frames) > 0 && len(a.Frames[0].Stake) > MaxUIDs {
		return nil, fmt.Errorf("the archive has %d uids: the page takes at most %d; `ergon lab report` takes more", len(a.Frames[0].Stake), MaxUIDs)
	}
	if a.Epochs > MaxEpochs || len(a.Frames) > MaxEpochs {
		return nil, fmt.Errorf("the archive has %d epochs: the page takes at most %d; `ergon lab report` takes more", max(a.Epochs, len(a.Frames)), MaxEpochs)
	}
	return &a, a.Check()
}

// bonded are the miners whose bonds are drawn; few, so that the answer stays small.
const bonded = 4

// miners reads which bonds are asked for: "8,9".
func miners(r *http.Request, uids int) ([]int, error) {
	text := r.URL.Query().Get("miners")
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > bonded {
		return nil, fmt.Errorf("bonds of %d miners are asked for: ask for at most %d", len(parts), bonded)
	}
	var out []int
	for _, p := range parts {
		uid, err := strconv.Atoi(p)
		if err != nil || uid < 0 || uid >= uids {
			return nil, fmt.Errorf("miner %.20q is no uid of 0 to %d", p, uids-1)
		}
		out = append(out, uid)
	}
	return out, nil
}
