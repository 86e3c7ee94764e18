package chart

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

func TestFiguresHaveThreeDigitsAndAUnit(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "0.001": 0.0012, "0.042": 0.0424, "0.420": 0.42, "4.20": 4.2, "42.0": 42, "100": 99.99, "420": 420, "1,000": 999.6, "1,234,568": 1234567.8, "–": math.Inf(1),
	} {
		require.Equal(t, want, figure(v), "%v", v)
	}
	require.Equal(t, "12.3\u00a0%", Share.Write(0.1234))
	require.Equal(t, "1,500\u00a0TAO", TAO.Write(1500))
	require.Equal(t, "2.5", plain(2.5))
	require.Equal(t, "50", plain(50))
}

// An axis holds its largest value and has few ticks, at round numbers.
func TestScale(t *testing.T) {
	for _, v := range []float64{1e-9, 0.003, 0.07, 0.99, 1, 1.01, 3, 4, 7.7, 99, 100, 101, 12345, 9e9} {
		top, step := scale(v)
		require.GreaterOrEqual(t, top, v*(1-1e-9), "%v", v)
		require.LessOrEqual(t, top/step, 4.001, "%v", v)
		require.Less(t, top, 2.6*v, "%v", v)
		m := step / math.Pow(10, math.Floor(math.Log10(step)+1e-9))
		require.Contains(t, []float64{1, 2, 2.5, 5}, math.Round(m*1e6)/1e6, "step %v of %v", step, v)
	}
	top, _ := scale(math.NaN())
	require.Equal(t, 1.0, top)
}

func TestALineIsWhereItsValuesAre(t *testing.T) {
	c := Lines{ID: "x", Title: "T", X: []int{0, 10, 30, 40}, Lines: []Line{{Name: "a", Y: []float64{0, 0.5, 1, 0.25}}}}
	require.Contains(t, string(c.HTML()), `d="M0 1000 250 500 750 0 1000 750"`)
	require.Contains(t, string(c.HTML()), "At epoch 40: a 25.0\u00a0%", "a screen reader hears the last values")
	c = Lines{X: []int{7}, Lines: []Line{{Y: []float64{1}}}}
	require.Contains(t, string(c.HTML()), `d="M0 0H1000"`, "one epoch is a level")
	require.Contains(t, string(Lines{}.HTML()), "nothing to draw")
	require.Contains(t, string(Heat{}.HTML()), "nothing to draw")
}

func TestTagsOfLinesKeepApart(t *testing.T) {
	for _, ends := range [][]float64{{0, 0, 0}, {100, 100, 100}, {50, 50.1, 49.9, 51}, make([]float64, 12)} {
		list := make([]drawn, len(ends))
		for i := range ends {
			list[i].End = ends[i]
		}
		spread(list)
		for i, a := range list {
			require.GreaterOrEqual(t, a.End, -1e-9)
			require.LessOrEqual(t, a.End, 100.0)
			for _, b := range list[:i] {
				require.GreaterOrEqual(t, math.Abs(a.End-b.End), 8.49)
			}
		}
	}
}

func TestMatrixShadesAndCells(t *testing.T) {
	require.Equal(t, 0, level(0, 100))
	require.Equal(t, 1, level(1, 65535))
	require.Equal(t, levels, level(100, 100))
	require.Equal(t, levels, level(65535, 100), "a sum of many is no darker than dark")
	h := Heat{
		ID: "w", Title: "W", Rows: []Label{{Short: "0", Long: "uid 0", Group: "g"}}, Cols: []Label{{Short: "1", Long: "uid 1", Group: "g"}, {Short: "+", Sum: true}},
		Frames: []Frame{{0, []uint16{1, 2}}, {5, []uint16{256, 60000}}},
	}
	out := string(h.HTML())
	require.Contains(t, out, base64.StdEncoding.EncodeToString([]byte{1, 0, 2, 0, 0, 1, 0x60, 0xea}))
	require.Contains(t, out, `data-top="256"`)
	require.Contains(t, out, `data-epochs="0 5"`)
	require.Contains(t, out, `<path class="h10" d="M0 0h1v1h-1zM1 0h1v1h-1z"/>`, "the last frame is drawn")
}

// Names are text, and nothing in a drawing needs a policy of its own.
func TestNamesAreText(t *testing.T) {
	const bad = `</svg><script>alert(1)</script>"' onload=x [`
	lines := Lines{ID: "a", Title: bad, About: bad, X: []int{0, 1}, Lines: []Line{{Name: bad, Y: []float64{0, 1}}}, Numbers: 2}
	label := []Label{{Short: bad, Long: bad, Group: bad}}
	heat := Heat{ID: "b", Title: bad, About: bad, Rows: label, Cols: label, Frames: []Frame{{0, []uint16{5}}}}
	doc, err := html.Parse(strings.NewReader(string(lines.HTML() + heat.HTML())))
	require.NoError(t, err)
	seen := 0
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && strings.Contains(n.Data, bad) {
			seen++
		}
		require.NotEqual(t, "script", n.Data)
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "style", "%s has %s", n.Data, a.Key)
		}
	}
	require.Greater(t, seen, 6)
}

func TestEveryPaintDiffersAmongTheFirst(t *testing.T) {
	seen := map[string]bool{}
	for style := range Most {
		require.False(t, seen[paint(style)], "style %d", style)
		seen[paint(style)] = true
	}
}
