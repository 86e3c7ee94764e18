package page

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/ergon-network/ergon/lab"
)

// decode reads an archive, in any form that lab.ParseArchive knows, within the page's bounds.
func decode(raw []byte) (*lab.Archive, error) {
	a, err := lab.ParseArchive(raw)
	if err != nil {
		return nil, fmt.Errorf("the archive cannot be read: %w", err)
	}
	if len(a.Name) > 200 {
		return nil, fmt.Errorf("the archive's name has %d bytes: use at most 200", len(a.Name))
	}
	if n := len(a.Frames[0].Stake); n > MaxUIDs {
		return nil, fmt.Errorf("the archive has %d uids: the page takes at most %d; `ergon lab report` takes more", n, MaxUIDs)
	}
	if n := max(a.Epochs, len(a.Frames)); n > MaxEpochs {
		return nil, fmt.Errorf("the archive has %d epochs: the page takes at most %d; `ergon lab report` takes more", n, MaxEpochs)
	}
	return a, nil
}

// read decodes a request's body.
func read(r *http.Request) (*lab.Archive, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return decode(raw)
}

// archive answers with what was sent in the one form that the page knows.
func (s *Server) archive(w http.ResponseWriter, r *http.Request) {
	a, err := read(r)
	if err != nil {
		s.fail(w, err)
		return
	}
	answer(w, http.StatusOK, a)
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
