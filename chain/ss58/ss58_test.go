package ss58

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	sdkaddress "github.com/cosmos/cosmos-sdk/types/address"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/keys"
)

func id(fill byte) []byte { return bytes.Repeat([]byte{fill}, accountSize) }

func text(t testing.TB, hrp string, raw []byte) string {
	t.Helper()
	s, err := bech32.ConvertAndEncode(hrp, raw)
	require.NoError(t, err)
	return s
}

func TestCodecReadsBothFormsAndWritesBech32(t *testing.T) {
	c := NewCodec()
	want := text(t, HRP, id(7))
	require.Len(t, want, accountText)
	for _, form := range []string{want, keys.SS58(id(7))} {
		raw, err := c.StringToBytes(form)
		require.NoError(t, err)
		require.Equal(t, id(7), raw)
		got, err := c.BytesToString(raw)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	module := text(t, HRP, sdkaddress.Module("stake"))
	require.Len(t, module, moduleText)
	raw, err := c.StringToBytes(module)
	require.NoError(t, err)
	require.Equal(t, sdkaddress.Module("stake"), raw)
	none, err := c.BytesToString(nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestCodecRefuses(t *testing.T) {
	good := text(t, HRP, id(7))
	flipped := good[:20] + "q" + good[21:]
	if flipped == good {
		flipped = good[:20] + "p" + good[21:]
	}
	for name, in := range map[string]string{
		"nothing":         "",
		"blank":           "   ",
		"another prefix":  text(t, "cosmos", id(7)),
		"checksum":        flipped,
		"upper case":      strings.ToUpper(good),
		"odd length":      text(t, HRP, id(7)[:31]),
		"too long":        text(t, HRP, bytes.Repeat([]byte{1}, 255)),
		"SS58 with space": keys.SS58(id(7)) + " ",
		"SS58 checksum":   keys.SS58(id(7))[:47] + "1",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewCodec().StringToBytes(in)
			require.ErrorIs(t, err, ErrAddress)
		})
	}
	_, err := NewCodec().BytesToString(id(7)[:31])
	require.ErrorIs(t, err, ErrAddress)
}

func TestRewrite(t *testing.T) {
	r := NewRewriter("stake", "locks")
	a, b := text(t, HRP, id(1)), text(t, HRP, id(2))
	sa, sb := keys.SS58(id(1)), keys.SS58(id(2))
	stake, other := text(t, HRP, sdkaddress.Module("stake")), text(t, HRP, sdkaddress.Module("mint"))
	bad := a[:len(a)-1] + "q"
	if bad == a {
		bad = a[:len(a)-1] + "p"
	}
	for name, c := range map[string]struct{ in, want string }{
		"nothing to do":      {"plain text, ergo nothing", "plain text, ergo nothing"},
		"alone":              {a, sa},
		"in JSON":            {`{"from":"` + a + `","to":["` + b + `"]}`, `{"from":"` + sa + `","to":["` + sb + `"]}`},
		"behind an escape":   {`"failed:\n` + a + `\n"`, `"failed:\n` + sa + `\n"`},
		"touching":           {a + b, sa + sb},
		"before text":        {a + "pays", sa + "pays"},
		"module by name":     {"from " + stake + ".", "from module:stake."},
		"module by hex":      {other, "module:" + hex.EncodeToString(sdkaddress.Module("mint"))},
		"wrong checksum":     {bad, bad},
		"cut short":          {a[:40], a[:40]},
		"marker twice":       {"ergon1" + a, "ergon1" + sa},
		"another length":     {text(t, HRP, id(3)[:31]), text(t, HRP, id(3)[:31])},
		"another prefix":     {text(t, "cosmos", id(1)), text(t, "cosmos", id(1))},
		"validator's prefix": {text(t, HRP+"valoper", id(1)), text(t, HRP+"valoper", id(1))},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, r.Rewrite(c.in))
			require.Equal(t, c.want, r.Rewrite(r.Rewrite(c.in)))
		})
	}
}

func FuzzCodec(f *testing.F) {
	f.Add(text(f, HRP, id(1)))
	f.Add(text(f, HRP, sdkaddress.Module("stake")))
	f.Add(keys.SS58(id(2)))
	f.Add("ergon1")
	f.Fuzz(func(t *testing.T, in string) {
		raw, err := NewCodec().StringToBytes(in)
		if err != nil {
			require.ErrorIs(t, err, ErrAddress)
			return
		}
		out, err := NewCodec().BytesToString(raw)
		require.NoError(t, err)
		if len(raw) == accountSize && in != out {
			require.Equal(t, in, keys.SS58(raw))
			return
		}
		require.Equal(t, in, out)
	})
}

func FuzzRewrite(f *testing.F) {
	f.Add("say ", id(1), `", "`)
	f.Add(`\n`, sdkaddress.Module("stake"), "ergon1")
	f.Add("ergon1", id(9), "ergon1qqqq")
	r := NewRewriter("stake")
	f.Fuzz(func(t *testing.T, before string, raw []byte, after string) {
		if len(before)+len(after)+len(raw) > 4096 {
			t.Skip()
		}
		in := before + after
		if s, err := (Codec{}).BytesToString(raw); err == nil {
			in = before + s + after
		}
		out := r.Rewrite(in)
		require.Equal(t, out, r.Rewrite(out), "rewriting is idempotent")
		require.Equal(t, json.Valid([]byte(in)), json.Valid([]byte(out)), "JSON stays JSON")
		if !strings.Contains(in, marker) {
			require.Equal(t, in, out)
		}
	})
}

func BenchmarkRewriteWithoutAddresses(b *testing.B) {
	r, in := NewRewriter("stake"), strings.Repeat(`{"height":"12","amount":"5 rao"},`, 100)
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		_ = r.Rewrite(in)
	}
}

func BenchmarkRewriteAddress(b *testing.B) {
	r, in := NewRewriter("stake"), text(b, HRP, id(1))
	for b.Loop() {
		_ = r.Rewrite(in)
	}
}
