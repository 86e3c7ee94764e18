package coin_test

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/coin"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]uint64{
		"0":                       0,
		"0rao":                    0,
		"1":                       1_000_000_000,
		"1.5":                     1_500_000_000,
		"1.5tao":                  1_500_000_000,
		"1.5 TAO":                 1_500_000_000,
		" 1.5tao ":                1_500_000_000,
		"1500000000rao":           1_500_000_000,
		"1500000000 Rao":          1_500_000_000,
		"0.000000001":             1,
		"0.1":                     100_000_000, // no binary fraction is exact here
		"0.3":                     300_000_000,
		"21000000":                21_000_000_000_000_000,
		"00001.50":                1_500_000_000,
		"18446744073.709551615":   math.MaxUint64,
		"18446744073709551615rao": math.MaxUint64,
	} {
		got, err := coin.Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                        "plain decimal",
		"-1":                      "negative",
		"-0.5tao":                 "negative",
		"-5rao":                   "negative",
		"+1":                      "plain decimal",
		".5":                      "plain decimal",
		"5.":                      "plain decimal",
		"1,5":                     "plain decimal",
		"1_000":                   "plain decimal",
		"1.2.3":                   "plain decimal",
		"1e9":                     "unit",
		"0x10":                    "unit",
		"NaN":                     "unit",
		"Inf":                     "unit",
		"5 dollars":               "unit",
		"1.5  tao":                "plain decimal",
		"１":                       "plain decimal",
		"0.0000000001":            "10 decimals",
		"1.5rao":                  "smallest unit",
		"tao":                     "plain decimal",
		"18446744073.709551616":   "64 bits",
		"18446744074":             "64 bits",
		"18446744073709551616rao": "64 bits",
		"99999999999999999999":    "64 bits",
		strings.Repeat("1", 1000): "1000 characters",
	} {
		got, err := coin.Parse(text)
		if !errors.Is(err, coin.ErrAmount) || got != 0 || !strings.Contains(err.Error(), says) {
			t.Errorf("Parse(%.30q) = %d, %v; want ErrAmount with %q", text, got, err, says)
		}
		if err != nil && text != "" && !strings.Contains(err.Error(), strconv.Quote(text)) && len(text) < 60 {
			t.Errorf("Parse(%q): %v does not name the value", text, err)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		rao         uint64
		full, short string
	}{
		{0, "0.000000000 TAO", "0"},
		{1, "0.000000001 TAO", "0.000000001"},
		{1_500_000_000, "1.500000000 TAO", "1.5"},
		{21_000_000_000_000_000, "21000000.000000000 TAO", "21000000"},
		{10_000_000_000, "10.000000000 TAO", "10"},
		{math.MaxUint64, "18446744073.709551615 TAO", "18446744073.709551615"},
	} {
		if got := coin.Format(c.rao); got != c.full {
			t.Errorf("Format(%d) = %q, want %q", c.rao, got, c.full)
		}
		if got := coin.Short(c.rao); got != c.short {
			t.Errorf("Short(%d) = %q, want %q", c.rao, got, c.short)
		}
	}
}

func TestEveryFormParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rao := rapid.Uint64().Draw(t, "rao")
		for _, text := range []string{coin.Format(rao), coin.Short(rao), coin.Decimal(rao), strconv.FormatUint(rao, 10) + "rao"} {
			got, err := coin.Parse(text)
			if err != nil || got != rao {
				t.Fatalf("Parse(%q) = %d, %v; want %d", text, got, err, rao)
			}
		}
	})
}

// TestAgainstRationals compares with exact arithmetic on arbitrary decimal texts.
func TestAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,12}(\.[0-9]{1,11})?`).Draw(t, "text")
		r, _ := new(big.Rat).SetString(text)
		r.Mul(r, new(big.Rat).SetUint64(coin.TAO))
		_, fraction, _ := strings.Cut(text, ".")
		fits := len(fraction) <= 9 && r.IsInt() && r.Num().IsUint64()
		got, err := coin.Parse(text)
		if fits != (err == nil) || fits && got != r.Num().Uint64() {
			t.Fatalf("Parse(%q) = %d, %v; exact value %s", text, got, err, r)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.5", "1.5tao", "1500000000rao", "-1", "NaN", "1e9", "0.0000000001", "18446744073.709551616"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rao, err := coin.Parse(text)
		if err != nil {
			if !errors.Is(err, coin.ErrAmount) || rao != 0 {
				t.Fatalf("Parse(%q) = %d, %v", text, rao, err)
			}
			return
		}
		if again, err := coin.Parse(coin.Format(rao)); err != nil || again != rao {
			t.Fatalf("Parse(%q) = %d, reads back as %d, %v", text, rao, again, err)
		}
	})
}
