package purse

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ergon-network/ergon/keys"
)

// maxAnswer bounds what is read of a faucet's answer, bytes.
const maxAnswer = 64 << 10

// Gift is a faucet's answer.
type Gift struct {
	Rao     uint64 `json:"rao"`
	Message string `json:"message"`
}

// AskFaucet asks a localnet's page, an http URL, to send coins to an address.
func AskFaucet(ctx context.Context, page, address string) (Gift, error) {
	if _, err := keys.ParseSS58(address); err != nil {
		return Gift{}, err
	}
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return Gift{}, Usage("the page %q: give the address that `ergon localnet` printed, for instance http://127.0.0.1:8080", page)
	}
	u = u.JoinPath("faucet")
	u.RawQuery = url.Values{"address": {address}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), nil)
	if err != nil {
		return Gift{}, err
	}
	req.Header.Set("Accept", "application/json")
	web := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := web.Do(req)
	if err != nil {
		return Gift{}, fmt.Errorf("ask the faucet at %s; is the localnet running?: %w", page, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return Gift{}, fmt.Errorf("read the faucet's answer: %w", err)
	}
	var g Gift
	if err := json.Unmarshal(raw, &g); err != nil {
		return Gift{}, fmt.Errorf("%s answered %s, not as a faucet does; give the page of a localnet", page, res.Status)
	}
	if res.StatusCode != http.StatusOK {
		return Gift{}, fmt.Errorf("the faucet refused (%s): %s", res.Status, g.Message)
	}
	return g, nil
}
