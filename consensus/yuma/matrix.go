package yuma

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/ergon-network/ergon/consensus/fixed"
)

// Cell is one present entry of a Matrix row. A present cell may hold zero; presence and value are
// different things (yuma §2).
type Cell struct {
	UID   uint16
	Value fixed.I32F32
}

// Matrix is a sparse n×n matrix in rows. Cells of a row keep the order they were stored in.
type Matrix struct {
	ends  []int
	cells []Cell
}

// Len is the number of rows.
func (m *Matrix) Len() int { return len(m.ends) }

// Row returns the present cells of row i as a part of m.
func (m *Matrix) Row(i int) []Cell {
	start := 0
	if i > 0 {
		start = m.ends[i-1]
	}
	return m.cells[start:m.ends[i]:m.ends[i]]
}

// start empties m and returns its cells with room for n. A loop over all cells appends to that
// slice, which unlike a field can stay in registers, and stores it when it is done.
func (m *Matrix) start(n int) []Cell {
	m.reset()
	return slices.Grow(m.cells, n)
}

func (m *Matrix) reset()     { m.ends, m.cells = m.ends[:0], m.cells[:0] }
func (m *Matrix) close()     { m.ends = append(m.ends, len(m.cells)) }
func (m *Matrix) add(c Cell) { m.cells = append(m.cells, c) }

// copyFrom makes m equal to src.
func (m *Matrix) copyFrom(src *Matrix) {
	m.ends = append(m.ends[:0], src.ends...)
	m.cells = append(m.cells[:0], src.cells...)
}

// rowNormalize divides each row by its sum where that is positive.
func (m *Matrix) rowNormalize() {
	for i := range m.ends {
		row := m.Row(i)
		var total, union fixed.I32F32
		for _, c := range row {
			total += c.Value
			union |= c.Value
		}
		if total <= 0 {
			continue
		}
		down := common(union)
		divisor := fixed.NewDivisor(total >> down)
		if union>>down > fixed.One {
			for k, c := range row {
				row[k].Value = divisor.Div(c.Value >> down)
			}
			continue
		}
		for k, c := range row {
			row[k].Value = divisor.Share(c.Value >> down)
		}
	}
}

// common is how many zero bits end every number of which union is the bitwise or. Shifting them out of a
// numerator and a divisor leaves the quotient, and brings stored integers into the range in which a
// Divisor is fast.
func common(union fixed.I32F32) uint {
	return uint(bits.TrailingZeros64(uint64(union))) & 63
}

// rowHadamard multiplies row i by v_i.
func (m *Matrix) rowHadamard(v vector) {
	for i := range m.ends {
		row, factor := m.Row(i), v[i]
		for k := range row {
			row[k].Value = row[k].Value.MulFast(factor)
		}
	}
}

// rowSums returns the sum of each row.
func (m *Matrix) rowSums(dst vector) vector {
	dst = zeroed(dst, m.Len())
	for i := range m.ends {
		var total fixed.I32F32
		for _, c := range m.Row(i) {
			total += c.Value
		}
		dst[i] = total
	}
	return dst
}

// columnProducts returns r_j = Σ_i v_i·m_ij for n columns, each product floored before it is
// added.
func (m *Matrix) columnProducts(dst, v vector, n int) vector {
	dst = zeroed(dst, n)
	for i := range m.ends {
		factor := v[i]
		for _, c := range m.Row(i) {
			dst[c.UID] += c.Value.MulFast(factor)
		}
	}
	return dst
}

// rowProducts returns r_i = Σ_j m_ij·v_j.
func (m *Matrix) rowProducts(dst, v vector) vector {
	dst = zeroed(dst, m.Len())
	for i := range m.ends {
		var total fixed.I32F32
		for _, c := range m.Row(i) {
			total += c.Value.MulFast(v[c.UID])
		}
		dst[i] = total
	}
	return dst
}

// clip writes into dst the cells of m bounded by their column's limit. A cell above a limit of
// zero disappears; a cell at or below its limit stays, zero or not (yuma §3.6).
func (m *Matrix) clip(dst *Matrix, limit vector) {
	cells := dst.start(len(m.cells))
	for i := range m.ends {
		for _, c := range m.Row(i) {
			bound := limit[c.UID]
			if bound == 0 && c.Value > 0 {
				continue
			}
			cells = append(cells, Cell{c.UID, min(c.Value, bound)})
		}
		dst.ends = append(dst.ends, len(cells))
	}
	dst.cells = cells
}

// columns is scratch memory for work by column.
type columns struct {
	total    vector
	divisors []fixed.Divisor
}

// normalize divides each column of m by its sum where that is not 0.
func (s *columns) normalize(m *Matrix, n int) {
	s.divide(m, s.sum(m, n))
}

// sum adds up the columns and returns the bitwise or of all cells.
func (s *columns) sum(m *Matrix, n int) (union fixed.I32F32) {
	s.total = zeroed(s.total, n)
	total := s.total
	for _, c := range m.cells {
		total[c.UID] += c.Value
		union |= c.Value
	}
	return union
}

// upscale divides each column of m by its maximum where that is not 0.
func (s *columns) upscale(m *Matrix, n int) {
	s.total = zeroed(s.total, n)
	total, union := s.total, fixed.I32F32(0)
	for _, c := range m.cells {
		total[c.UID] = max(total[c.UID], c.Value)
		union |= c.Value
	}
	s.divide(m, union)
}

// divide divides the cells of m, of which union is the bitwise or, by their columns' totals.
func (s *columns) divide(m *Matrix, union fixed.I32F32) {
	down := common(union)
	divisors := s.prepare(down)
	if union>>down > fixed.One {
		for k, c := range m.cells {
			m.cells[k].Value = divisors[c.UID].Div(c.Value >> down)
		}
		return
	}
	for k, c := range m.cells {
		m.cells[k].Value = divisors[c.UID].Share(c.Value >> down)
	}
}

// prepare makes divisors of the columns' totals without their last bits. A total of 0 has cells of 0.
func (s *columns) prepare(down uint) []fixed.Divisor {
	s.divisors = s.divisors[:0]
	for _, total := range s.total {
		s.divisors = append(s.divisors, fixed.NewDivisor(total>>down))
	}
	return s.divisors
}

// shareProducts returns r_i = Σ_j s_ij·v_j for the shares s_ij that the cells of m, none above one,
// have of their columns: normalize and rowProducts in one pass that leaves m as it is.
func (s *columns) shareProducts(dst vector, m *Matrix, v vector) vector {
	s.sum(m, len(v))
	divisors := s.prepare(0)
	dst = zeroed(dst, m.Len())
	for i := range dst {
		var total fixed.I32F32
		for _, c := range m.Row(i) {
			total += divisors[c.UID].Share(c.Value).MulFast(v[c.UID])
		}
		dst[i] = total
	}
	return dst
}

// combine merges rows of a and b by column: every column present in either gives f(a, b), absent
// cells being zero, and results that are not positive are left out. Rows of dst are sorted.
func (s *merger) combine(dst, a, b *Matrix, f func(a, b fixed.I32F32) fixed.I32F32) {
	dst.reset()
	for i := range a.ends {
		s.combineRow(dst, a.Row(i), b.Row(i), f)
		dst.close()
	}
}

func (s *merger) combineRow(dst *Matrix, a, b []Cell, f func(a, b fixed.I32F32) fixed.I32F32) {
	left, right := sorted(a, &s.left), sorted(b, &s.right)
	for len(left) > 0 || len(right) > 0 {
		var uid uint16
		var x, y fixed.I32F32
		switch {
		case len(right) == 0 || len(left) > 0 && left[0].UID < right[0].UID:
			uid, x = left[0].UID, left[0].Value
			left = left[1:]
		case len(left) == 0 || right[0].UID < left[0].UID:
			uid, y = right[0].UID, right[0].Value
			right = right[1:]
		default:
			uid, x, y = left[0].UID, left[0].Value, right[0].Value
			left, right = left[1:], right[1:]
		}
		if v := f(x, y); v > 0 {
			dst.add(Cell{uid, v})
		}
	}
}

// merger is scratch memory for combine.
type merger struct{ left, right []Cell }

// sorted returns row in column order, in scratch if it was not so already.
func sorted(row []Cell, scratch *[]Cell) []Cell {
	if slices.IsSortedFunc(row, byUID) {
		return row
	}
	*scratch = append((*scratch)[:0], row...)
	slices.SortFunc(*scratch, byUID)
	return *scratch
}

func byUID(a, b Cell) int { return cmp.Compare(a.UID, b.UID) }

// ema writes a·fresh + (1-a)·old, both products floored (yuma §3.5).
func (s *merger) ema(dst, fresh, old *Matrix, a fixed.I32F32) {
	rest := fixed.One - a
	blend := func(x, y fixed.I32F32) fixed.I32F32 { return x.MulFast(a) + y.MulFast(rest) }
	dst.cells = dst.start(len(fresh.cells))
	for i := range fresh.ends {
		left, right := fresh.Row(i), old.Row(i)
		if cells, ok := blendRow(dst.cells, left, right, a, rest); ok {
			dst.cells = cells
		} else {
			s.combineRow(dst, left, right, blend)
		}
		dst.close()
	}
}

// blendRow is ema for the usual rows, those of a validator that weighs whom it weighed before: the same
// columns, in order. It reports false for others, of which it has appended nothing that counts.
func blendRow(cells, fresh, old []Cell, a, rest fixed.I32F32) ([]Cell, bool) {
	if len(fresh) != len(old) {
		return cells, false
	}
	last := -1
	for k, c := range fresh {
		y := old[k]
		if c.UID != y.UID || int(c.UID) <= last {
			return cells, false
		}
		last = int(c.UID)
		if v := c.Value.MulFast(a) + y.Value.MulFast(rest); v > 0 {
			cells = append(cells, Cell{c.UID, v})
		}
	}
	return cells, true
}

// interpolate writes from + p·(to - from); the product is negative where weights were clipped and
// floors downward (yuma §4.9).
func (s *merger) interpolate(dst, from, to *Matrix, p fixed.I32F32) {
	s.combine(dst, from, to, func(x, y fixed.I32F32) fixed.I32F32 {
		return x + y.Sub(x).Mul(p)
	})
}
