package ss58

import (
	"encoding/hex"
	"strings"

	sdkaddress "github.com/cosmos/cosmos-sdk/types/address"

	"github.com/ergon-network/ergon/keys"
)

// What a bech32 address looks like: the prefix, the separator, five bits a character, and a
// checksum of six characters.
const (
	marker      = HRP + "1"
	charset     = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	checkText   = 6
	accountText = len(marker) + (accountSize*8+4)/5 + checkText // 64
	moduleText  = len(marker) + (moduleSize*8+4)/5 + checkText  // 44
)

// Rewriter replaces bech32 addresses inside text by what people see. Safe for concurrent use.
type Rewriter struct{ modules map[string]string }

// NewRewriter returns a Rewriter that knows the accounts of the named modules.
func NewRewriter(moduleNames ...string) *Rewriter {
	r := &Rewriter{modules: make(map[string]string, len(moduleNames))}
	for _, name := range moduleNames {
		r.modules[string(sdkaddress.Module(name))] = name
	}
	return r
}

// Rewrite returns text with every bech32 address of this ledger that has a valid checksum
// replaced: an account by its SS58 address, a module account by "module:<name>", or
// "module:<hex>" when its name is not known. Everything else stays as it is, so JSON stays JSON.
// Rewriting twice changes nothing more.
func (r *Rewriter) Rewrite(text string) string {
	at := strings.Index(text, marker)
	if at < 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	for at >= 0 {
		out.WriteString(text[:at])
		text = text[at:]
		shown, size := r.address(text)
		out.WriteString(shown)
		text = text[size:]
		at = strings.Index(text, marker)
	}
	out.WriteString(text)
	return out.String()
}

// address shows the address that text starts with and tells its length; what is no address is
// shown as it stands.
func (r *Rewriter) address(text string) (shown string, size int) {
	run := len(marker)
	for run < len(text) && run < accountText && strings.IndexByte(charset, text[run]) >= 0 {
		run++
	}
	for _, size := range [...]int{accountText, moduleText} {
		if run < size {
			continue
		}
		if raw, err := decode(text[:size]); err == nil {
			return r.show(raw), size
		}
	}
	return marker, len(marker)
}

func (r *Rewriter) show(raw []byte) string {
	if len(raw) == accountSize {
		return keys.SS58(raw)
	}
	if name, ok := r.modules[string(raw)]; ok {
		return "module:" + name
	}
	return "module:" + hex.EncodeToString(raw)
}
