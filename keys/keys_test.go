package keys

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/mr-tron/base58"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

type vectors struct {
	SS58 []struct {
		SS58      string  `json:"ss58"`
		Prefix    *int    `json:"prefix"`
		PublicKey string  `json:"public_key"`
		Valid     *bool   `json:"valid"`
		From      *string `json:"from"`
	} `json:"ss58"`
	HDKD []struct {
		PublicKey string `json:"public_key"`
		SS58      string `json:"ss58"`
	} `json:"hdkd"`
	MnemonicSeed []struct {
		Seed    string `json:"mini_secret_seed"`
		Public  string `json:"public_key"`
		SS58    string `json:"ss58"`
		Private string `json:"private_key_64_from_btwallet_test"`
	} `json:"mnemonic_seed"`
	Signatures []struct {
		Message, Signature, Signer string
		PublicKey                  string `json:"public_key"`
		Valid                      bool
	} `json:"signatures"`
}

func load(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/wire.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil {
		t.Fatalf("hex %q: %v", text, err)
	}
	return raw
}

func TestSS58Vectors(t *testing.T) {
	v := load(t)
	for _, c := range v.SS58 {
		id, err := ParseSS58(c.SS58)
		valid := (c.Valid == nil || *c.Valid) && (c.Prefix == nil || *c.Prefix == Prefix)
		if valid != (err == nil) {
			t.Errorf("ParseSS58(%q): error %v, want valid=%v", c.SS58, err, valid)
		}
		if err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("ParseSS58(%q): %v does not wrap ErrAddress", c.SS58, err)
		}
		if err == nil && c.PublicKey != "" && !bytes.Equal(id, unhex(t, c.PublicKey)) {
			t.Errorf("ParseSS58(%q) = %x, want %s", c.SS58, id, c.PublicKey)
		}
		if c.Prefix == nil {
			continue
		}
		id, prefix, err := DecodeSS58(c.SS58)
		if err != nil || prefix != *c.Prefix || !bytes.Equal(id, unhex(t, c.PublicKey)) {
			t.Errorf("DecodeSS58(%q) = %x of network %d, %v", c.SS58, id, prefix, err)
		}
	}
	for _, c := range v.HDKD {
		if got := SS58(unhex(t, c.PublicKey)); got != c.SS58 {
			t.Errorf("SS58(%s) = %s, want %s", c.PublicKey, got, c.SS58)
		}
	}
}

// An address of another network is refused with the remedy: the same key's address here.
func TestForeignAddressIsRefusedByItsNameHere(t *testing.T) {
	for _, c := range load(t).SS58 {
		if c.Prefix == nil || *c.Prefix == Prefix {
			continue
		}
		_, err := ParseSS58(c.SS58)
		if want := SS58(unhex(t, c.PublicKey)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, which does not name %s", c.SS58, err, want)
		}
	}
}

// Two-byte prefixes spread their bits over both bytes; each network has one form.
func TestPrefixesOfAllNetworks(t *testing.T) {
	id := bytes.Repeat([]byte{7}, PublicSize)
	write := func(head ...byte) string {
		body := append(head, id...)
		return base58.Encode(append(body, checksum(body)...))
	}
	for prefix := range 1 << 14 {
		head := []byte{byte(prefix)}
		if prefix >= 64 {
			head = []byte{byte(prefix&0xfc>>2) | 0x40, byte(prefix>>8) | byte(prefix&3)<<6}
		}
		if got, p, err := DecodeSS58(write(head...)); err != nil || p != prefix || !bytes.Equal(got, id) {
			t.Fatalf("network %d: %x, %d, %v", prefix, got, p, err)
		}
	}
	for _, head := range [][]byte{{0x80}, {0xff, 0}, {0x40 | 42>>2, 42 & 3 << 6}} {
		if _, _, err := DecodeSS58(write(head...)); !errors.Is(err, ErrAddress) {
			t.Errorf("head %x: %v", head, err)
		}
	}
}

func TestSeedAndPrivateVectors(t *testing.T) {
	for _, c := range load(t).MnemonicSeed {
		p, err := FromSeed(unhex(t, c.Seed))
		if err != nil {
			t.Fatal(err)
		}
		if p.Address() != c.SS58 || !bytes.Equal(p.Public(), unhex(t, c.Public)) {
			t.Errorf("FromSeed: %s, want %s", p.Address(), c.SS58)
		}
		if c.Private == "" {
			continue
		}
		q, err := FromPrivate(unhex(t, c.Private))
		if err != nil {
			t.Fatal(err)
		}
		if q.Address() != c.SS58 {
			t.Errorf("FromPrivate: %s, want %s", q.Address(), c.SS58)
		}
		if back, err := p.Private(); err != nil || !bytes.Equal(back, unhex(t, c.Private)) {
			t.Errorf("Private of %s differs from the vector, %v", c.SS58, err)
		}
	}
}

func TestSignatureVectors(t *testing.T) {
	for _, c := range load(t).Signatures {
		err := Verify(unhex(t, c.PublicKey), []byte(c.Message), unhex(t, c.Signature))
		if c.Valid != (err == nil) {
			t.Errorf("%s over %q: %v, want valid=%v", c.Signer, c.Message, err, c.Valid)
		}
	}
}

func TestSignVerify(t *testing.T) {
	p, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("a message")
	bare, err := p.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := p.Sign([]byte("<Bytes>a message</Bytes>"))
	if err != nil {
		t.Fatal(err)
	}
	altered := append([]byte(nil), bare...)
	altered[3] ^= 1
	other, _ := Generate()
	for _, c := range []struct {
		name    string
		public  []byte
		message string
		sig     []byte
		ok      bool
	}{
		{"bare", p.Public(), "a message", bare, true},
		{"wrapped", p.Public(), "a message", wrapped, true},
		{"altered signature", p.Public(), "a message", altered, false},
		{"altered message", p.Public(), "a massage", bare, false},
		{"other key", other.Public(), "a message", bare, false},
		{"short signature", p.Public(), "a message", bare[:63], false},
		{"no signature", p.Public(), "a message", nil, false},
		{"short key", p.Public()[:31], "a message", bare, false},
	} {
		if err := Verify(c.public, []byte(c.message), c.sig); (err == nil) != c.ok {
			t.Errorf("%s: %v, want ok=%v", c.name, err, c.ok)
		}
	}
}

// The identity point verifies s*B = R for any s, so whoever may name the all-zero account as
// the signer could sign for it. It must never verify.
func TestZeroKeyCannotSign(t *testing.T) {
	public := make([]byte, PublicSize)
	for s := byte(0); s < 2; s++ {
		// R = s*B with s in {0, 1}: the identity, and the Ristretto base point.
		sig := make([]byte, SignatureSize)
		if s == 1 {
			copy(sig, unhex(t, "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
		}
		sig[32] = s
		sig[63] |= 0x80
		if err := Verify(public, []byte("pay me"), sig); err == nil {
			t.Errorf("a forged signature of the all-zero account verified (s=%d)", s)
		}
	}
}

// A pair shows its address and nothing of its secret, also as a field and to what walks structures.
func TestSecretsStayOutOfLogs(t *testing.T) {
	seed := bytes.Repeat([]byte{0xab}, SeedSize)
	p, err := FromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	private, err := p.secret.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Key  *Pair
		also *Pair
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%o"} {
		text := fmt.Sprintf(verb, p)
		if text != p.Address() {
			t.Errorf("%s prints %s", verb, text)
		}
		fmt.Fprintf(&out, verb+" "+verb+"\n", holder{p, p}, []*Pair{p})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", p, "holder", holder{p, p})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", p, "holder", holder{p, p})
	if err := json.NewEncoder(&out).Encode(holder{p, p}); err != nil {
		t.Fatal(err)
	}
	for _, secret := range [][]byte{seed, private[:32], private[32:]} {
		for _, form := range []string{"%x", "%X", "%d", "%o", "%c", "%q"} {
			if text := strings.Trim(fmt.Sprintf(form, secret), "[]"); strings.Contains(out.String(), text) {
				t.Errorf("the secret shows as %s", form)
			}
		}
	}
	if n := strings.Count(out.String(), p.Address()); n < 20 {
		t.Errorf("the address shows %d times only: is anything printed?", n)
	}
}

func TestCloseWipes(t *testing.T) {
	p, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	secret := p.secret
	if raw, _ := secret.MarshalBinary(); bytes.Equal(raw, make([]byte, PrivateSize)) {
		t.Fatal("the key is empty from the start")
	}
	scalarOf := reflect.ValueOf(secret).Elem().FieldByName("key").UnsafePointer()
	p.Close()
	p.Close()
	if raw, _ := secret.MarshalBinary(); !bytes.Equal(raw, make([]byte, PrivateSize)) {
		t.Error("the secret is still in memory after Close")
	}
	var left [32]byte
	if err := (*scalar.Scalar)(scalarOf).ToBytes(left[:]); err != nil || left != [32]byte{} {
		t.Errorf("the scalar that signed is still in memory after Close, %v", err)
	}
	if _, err := p.Private(); !errors.Is(err, ErrClosed) {
		t.Errorf("Private after Close: %v, want ErrClosed", err)
	}
	if _, err := p.Sign([]byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Sign after Close: %v, want ErrClosed", err)
	}
	if id, err := ParseSS58(p.Address()); err != nil || !bytes.Equal(id, p.Public()) {
		t.Errorf("the public half is gone: %v", err)
	}
}

// Whoever signs while another goroutine closes gets a good signature or ErrClosed.
func TestCloseWhileSigning(t *testing.T) {
	p, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				sig, err := p.Sign([]byte("x"))
				if err == nil {
					err = Verify(p.Public(), []byte("x"), sig)
				}
				if err != nil && !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			}
		})
	}
	all.Go(p.Close)
	all.Wait()
}

func TestFromPrivateRefuses(t *testing.T) {
	for name, raw := range map[string][]byte{
		"nil":           nil,
		"short":         make([]byte, 63),
		"zero scalar":   make([]byte, 64),
		"not canonical": bytes.Repeat([]byte{0xff}, 64),
	} {
		if _, err := FromPrivate(raw); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParseSS58(f *testing.F) {
	for _, c := range load(f).SS58 {
		f.Add(c.SS58)
	}
	f.Add("")
	f.Add(strings.Repeat("1", 200))
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseSS58(text)
		if err != nil {
			if !errors.Is(err, ErrAddress) {
				t.Fatalf("%q: %v does not wrap ErrAddress", text, err)
			}
			return
		}
		if back := SS58(id); back != text {
			t.Fatalf("%q parses but is written back as %q", text, back)
		}
	})
}

func FuzzDecodeSS58(f *testing.F) {
	for _, c := range load(f).SS58 {
		f.Add(c.SS58)
	}
	f.Add("yGHXkYLYqxijLKKfd9Q2CB9shRVu8rPNBS53wvwGTutYg4zTg") // two-byte prefix
	f.Fuzz(func(t *testing.T, text string) {
		id, prefix, err := DecodeSS58(text)
		_, strict := ParseSS58(text)
		if (strict == nil) != (err == nil && prefix == Prefix) {
			t.Fatalf("%q: network %d, %v; ParseSS58 says %v", text, prefix, err, strict)
		}
		if err != nil {
			if !errors.Is(err, ErrAddress) {
				t.Fatalf("%q: %v does not wrap ErrAddress", text, err)
			}
			return
		}
		if len(id) != PublicSize || prefix < 0 || prefix >= 1<<14 {
			t.Fatalf("%q: %d bytes of network %d", text, len(id), prefix)
		}
	})
}
