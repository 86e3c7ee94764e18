package chart

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Heat is a matrix of shares, by validator and by miner, at some epochs.
type Heat struct {
	ID     string // of the element, unique in a page: a-z, 0-9 and '-'
	Title  string
	About  string
	Rows   []Label
	Cols   []Label
	Frames []Frame // by epoch, ascending; the last one is shown
}

// Label names a row or a column.
type Label struct {
	Short string // beside the matrix: a uid
	Long  string // where a cell is read: "uid 3, honest"
	Group string // for the key
	Style int    // colour of its group
	Sum   bool   // holds many together, and so does not set the scale
}

// Frame is the matrix at one epoch.
type Frame struct {
	Epoch int
	Cells []uint16 // row by row, of 65535
}

// levels is how many shades there are besides nothing.
const levels = 10

// HTML draws the matrix.
func (h Heat) HTML() template.HTML {
	if len(h.Frames) == 0 || len(h.Rows) == 0 || len(h.Cols) == 0 {
		return render("empty", h)
	}
	const most, least, tall = 30, 12, 280 // px
	last := h.Frames[len(h.Frames)-1]
	height := min(max(tall/len(h.Rows), least), most)
	v := heatView{
		Heat: h, Height: height * len(h.Rows), Top: h.top(), Last: last.Epoch, Max: len(h.Frames) - 1,
		Box: fmt.Sprintf("0 0 %d %d", len(h.Cols), len(h.Rows)), Keys: keys(h.Rows, h.Cols),
		RowNames: names(h.Rows), ColNames: names(h.Cols),
	}
	v.Shades = h.shades(last, v.Top)
	v.Full = Share.Write(float64(v.Top) / math.MaxUint16)
	v.rowMarks(height)
	v.colMarks()
	v.Epochs, v.Cells = h.packed()
	return render("heat", v)
}

type heatView struct {
	Heat
	Height, Max, Last  int
	Top                uint16 // value of the darkest shade
	Full               string
	Box, Lines         string
	Shades             []shade
	RowMarks, ColMarks []mark
	Keys               []key
	RowNames, ColNames string
	Epochs, Cells      string
}

type shade struct {
	Level int
	D     string
}

// mark is a label beside the matrix: a piece of its group's colour and, where there is room, its text.
type mark struct {
	At, Size, Middle float64 // px for rows, percent for columns
	Style            int
	Text             string
}

type key struct {
	Name  string
	Style int
}

func (h Heat) top() uint16 {
	top := uint16(1)
	for _, f := range h.Frames {
		for i, v := range f.Cells {
			if !h.Cols[i%len(h.Cols)].Sum {
				top = max(top, v)
			}
		}
	}
	return top
}

// level is the shade of a value; the script has the same. The root keeps small values visible.
func level(v, top uint16) int {
	return min(int(math.Ceil(levels*math.Sqrt(float64(v)/float64(top)))), levels)
}

func (h Heat) shades(f Frame, top uint16) []shade {
	var paths [levels + 1]strings.Builder
	for i, v := range f.Cells {
		if l := level(v, top); l > 0 {
			fmt.Fprintf(&paths[l], "M%d %dh1v1h-1z", i%len(h.Cols), i/len(h.Cols))
		}
	}
	var out []shade
	for l := 1; l <= levels; l++ {
		out = append(out, shade{l, paths[l].String()})
	}
	return out
}

func (v *heatView) rowMarks(height int) {
	for i, l := range v.Rows {
		y := float64(i * height)
		v.RowMarks = append(v.RowMarks, mark{At: y, Size: float64(height), Middle: y + float64(height)/2, Style: l.Style % colours, Text: l.Short})
		if i > 0 {
			v.Lines += fmt.Sprintf("M0 %dH%d", i, len(v.Cols))
		}
	}
}

func (v *heatView) colMarks() {
	const room = 16 // labels that a phone has room for
	every := (len(v.Cols) + room - 1) / room
	for i, l := range v.Cols {
		m := mark{At: 100 * float64(i) / float64(len(v.Cols)), Size: 100 / float64(len(v.Cols)), Middle: 100 * (float64(i) + 0.5) / float64(len(v.Cols)), Style: l.Style % colours}
		if i%every == 0 && (i+every <= len(v.Cols) || every == 1) || l.Sum {
			m.Text = l.Short
		}
		v.ColMarks = append(v.ColMarks, m)
		if i > 0 {
			v.Lines += fmt.Sprintf("M%d 0V%d", i, len(v.Rows))
		}
	}
}

// packed are the frames for the script: their epochs, and all cells as 16-bit little-endian numbers.
func (h Heat) packed() (epochs, cells string) {
	var at []int
	var raw []byte
	for _, f := range h.Frames {
		at = append(at, f.Epoch)
		for _, v := range f.Cells {
			raw = binary.LittleEndian.AppendUint16(raw, v)
		}
	}
	return join(at), base64.StdEncoding.EncodeToString(raw)
}

func keys(sides ...[]Label) []key {
	var out []key
	seen := map[key]bool{}
	for _, labels := range sides {
		for _, l := range labels {
			if k := (key{l.Group, l.Style % colours}); l.Group != "" && !seen[k] {
				seen[k] = true
				out = append(out, k)
			}
		}
	}
	return out
}

func names(labels []Label) string {
	list := make([]string, len(labels))
	for i, l := range labels {
		list[i] = l.Long
	}
	raw, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(raw)
}
