package explorer_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/explorer/internal/fixture"
)

// gift is a faucet that keeps its account.
func gift(given *[]string) func(context.Context, string) (uint64, error) {
	return func(_ context.Context, address string) (uint64, error) {
		if address == fixture.Key("unlucky") {
			return 0, errBroken
		}
		if given != nil {
			*given = append(*given, address)
		}
		return 2_500_000_000, nil
	}
}

var errBroken = errors.New("broken <b>pipe</b>")

func TestFaucet(t *testing.T) {
	now := fixture.Start
	var given []string
	s := newServer(t, explorer.Config{Faucet: gift(&given), FaucetEvery: time.Minute, Now: func() time.Time { return now }})
	ask := func(address string, edits ...func(*http.Request)) (int, string) {
		w := answer(s, request("POST", "/faucet?address="+url.QueryEscape(address), edits...))
		return w.Code, w.Body.String()
	}
	expect := func(what string, code int, body string, want int, part string) {
		t.Helper()
		if code != want || !strings.Contains(body, part) {
			t.Errorf("%s: status %d, %s; want %d and %q", what, code, body, want, part)
		}
	}
	a, b := fixture.Key("a"), fixture.Key("b")
	code, body := ask(a)
	expect("first gift", code, body, 200, `"rao":2500000000`)
	code, body = ask(a)
	expect("second gift", code, body, 429, "Come back in 61 s")
	code, body = ask(" " + b + " ")
	expect("another address", code, body, 200, "Sent 2.5000 TAO")
	now = now.Add(time.Minute)
	code, body = ask(a)
	expect("a minute later", code, body, 200, "Sent")
	for range 2 { // a failed gift does not use up the turn
		code, body = ask(fixture.Key("unlucky"))
		expect("failing ledger", code, body, 502, "not sent")
	}
	for _, bad := range []string{"", "5", a[:47], strings.Repeat("5", 5000), "<script>"} {
		code, body = ask(bad)
		expect("address "+bad[:min(9, len(bad))], code, body, 400, "not an SS58 address")
	}
	code, body = ask(fixture.Key("c"), func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234" })
	expect("from afar", code, body, 403, "this machine")
	code, body = ask(fixture.Key("unlucky"), func(r *http.Request) { r.Header.Set("Accept", "text/html") })
	expect("form without scripts", code, body, 502, "broken &lt;b&gt;pipe")
	if w := answer(s, request("GET", "/faucet")); w.Code == 200 {
		t.Error("a GET gives coins")
	}
	if want := []string{a, b, a}; !slices.Equal(given, want) {
		t.Errorf("gave to %v, want %v", given, want)
	}
	for i := range 300 {
		code, _ = ask(fixture.Key(string(rune('A'+i)) + "crowd"))
	}
	if code != http.StatusTooManyRequests {
		t.Errorf("the three hundredth address of a minute: status %d", code)
	}
}

func TestFaucetReadsABoundedForm(t *testing.T) {
	s := newServer(t, explorer.Config{Faucet: gift(nil)})
	post := func(body string) int {
		r := httptest.NewRequest("POST", "/faucet", strings.NewReader(body))
		r.Host, r.RemoteAddr = "localhost", "[::1]:50000"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return answer(s, r).Code
	}
	if code := post("address=" + fixture.Key("form")); code != 200 {
		t.Errorf("form: status %d", code)
	}
	if code := post("pad=" + strings.Repeat("x", 1<<16) + "&address=" + fixture.Key("large")); code != 400 {
		t.Errorf("large form: status %d", code)
	}
}
