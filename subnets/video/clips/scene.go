// Package clips makes video tasks: short clips drawn from a seed or cut from a user's footage, altered for each miner
// so that no two miners get the same file, with a private reference and a public input.
//
// Drawing is integer arithmetic over a seeded generator, so a seed gives the same frames on every machine. Pictures
// have what makes video hard: texture that moves, objects with sharp edges crossing it, film grain, colour and cuts.
package clips

import (
	"math/bits"
	"math/rand/v2"
)

// prng draws small integers in a way that no library version changes.
type prng struct{ pcg *rand.PCG }

func newPRNG(seed, stream uint64) prng { return prng{rand.NewPCG(seed, stream)} }

// n draws from [0, n).
func (p prng) n(n int) int {
	hi, _ := bits.Mul64(p.pcg.Uint64(), uint64(n))
	return int(hi)
}

// between draws from [lo, hi].
func (p prng) between(lo, hi int) int { return lo + p.n(hi-lo+1) }

// Streams of one seed that must not overlap.
const (
	streamScene = iota + 1
	streamVariation
	streamGrain
	streamFile
)

const (
	latticeBits = 6 // a lattice repeats after 64 cells
	latticeSide = 1 << latticeBits
	one         = 256 // fixed point: 1 pixel
)

// lattice is a square of random bytes that value noise interpolates.
type lattice [latticeSide * latticeSide]uint8

func newLattice(p prng) *lattice {
	var l lattice
	for i := 0; i < len(l); i += 8 {
		u := p.pcg.Uint64()
		for k := range 8 {
			l[i+k] = uint8(u >> (8 * k))
		}
	}
	return &l
}

// at gives noise, 0..255, at x, y in 1/256 pixel, with cells of 2^cell pixels.
func (l *lattice) at(x, y, cell int) int {
	shift := cell + 8
	cx, cy := x>>shift, y>>shift
	mask := 1<<shift - 1
	fx, fy := ease((x&mask)>>cell), ease((y&mask)>>cell)
	x0, x1 := cx&(latticeSide-1), (cx+1)&(latticeSide-1)
	y0, y1 := (cy&(latticeSide-1))<<latticeBits, ((cy+1)&(latticeSide-1))<<latticeBits
	top := int(l[y0+x0])*(one-fx) + int(l[y0+x1])*fx
	bottom := int(l[y1+x0])*(one-fx) + int(l[y1+x1])*fx
	return (top*(one-fy) + bottom*fy) >> 16
}

// ease is 3t²−2t³ over 0..256.
func ease(t int) int { return t * t * (3*one - 2*t) >> 16 }

// thing is an object that crosses the picture. Positions and speeds are in 1/256 pixel and per frame.
type thing struct {
	x, y, vx, vy int
	rx, ry       int // half sizes, pixels
	round        bool
	luma, contr  int // base luma and contrast of its texture
	cb, cr       int
	cell         int // texture cell, 2^cell pixels
	stripe       int // width of stripes in pixels; 0: none
}

// shot is what is seen between two cuts.
type shot struct {
	begin      int // frame
	coarse     *lattice
	fine       *lattice
	panX, panY int // background speed, 1/256 pixel per frame
	base       int // luma
	contrast   int // of the coarse structure, of 256
	texture    int // of the fine structure, of 256
	cell       int
	cb, cr     int
	hue        int // strength of the moving colour
	things     []thing
}

// scene draws w×h frames.
type scene struct {
	w, h  int
	shots []shot
}

// newScene composes frames pictures of w×h with one cut for every 20 frames or so.
func newScene(seed uint64, w, h, frames int) *scene {
	p := newPRNG(seed, streamScene)
	s := &scene{w: w, h: h}
	for begin := 0; begin < frames; {
		s.shots = append(s.shots, newShot(p, begin, w, h))
		begin += p.between(12, 24)
		if frames-begin < 5 { // no shot too short to be seen
			break
		}
	}
	return s
}

func newShot(p prng, begin, w, h int) shot {
	sh := shot{
		begin: begin, coarse: newLattice(p), fine: newLattice(p),
		panX: p.between(-2*one, 2*one), panY: p.between(-one, one),
		base: p.between(70, 120), contrast: p.between(100, 160), texture: p.between(40, 80), cell: p.between(4, 5),
		cb: p.between(108, 148), cr: p.between(108, 148), hue: p.between(40, 90),
	}
	for range p.between(4, 7) {
		sh.things = append(sh.things, thing{
			x: p.n(w) * one, y: p.n(h) * one,
			vx: p.between(-4*one, 4*one), vy: p.between(-2*one, 2*one),
			rx: p.between(w/16, w/6), ry: p.between(h/12, h/5), round: p.n(2) == 0,
			luma: p.between(40, 200), contr: p.between(30, 120),
			cb: p.between(60, 196), cr: p.between(60, 196),
			cell: p.between(1, 3), stripe: p.n(3) * p.between(2, 5),
		})
	}
	return sh
}

// frame draws picture k into dst, yuv420p.
func (s *scene) frame(k int, dst []byte) error {
	sh := &s.shots[0]
	for i := range s.shots {
		if s.shots[i].begin <= k {
			sh = &s.shots[i]
		}
	}
	t := k - sh.begin
	luma := dst[:s.w*s.h]
	cb := dst[s.w*s.h : s.w*s.h+s.w*s.h/4]
	cr := dst[s.w*s.h+s.w*s.h/4:]
	s.background(sh, t, luma, cb, cr)
	for i := range sh.things {
		s.draw(&sh.things[i], sh.fine, t, luma, cb, cr)
	}
	return nil
}

func (s *scene) background(sh *shot, t int, luma, cb, cr []byte) {
	px, py := sh.panX*t, sh.panY*t
	for y := range s.h {
		for x := range s.w {
			wx, wy := x*one+px, y*one+py
			v := sh.base + ((sh.coarse.at(wx, wy, sh.cell)-128)*sh.contrast+(sh.fine.at(wx, wy, 1)-128)*sh.texture)>>8
			luma[y*s.w+x] = clip(v)
		}
	}
	for y := range s.h / 2 {
		for x := range s.w / 2 {
			wx, wy := 2*x*one+px/2, 2*y*one+py/2
			i := y*s.w/2 + x
			cb[i] = clip(sh.cb + (sh.fine.at(wx, wy, 5)-128)*sh.hue>>8)
			cr[i] = clip(sh.cr + (sh.coarse.at(wy, wx, 5)-128)*sh.hue>>8)
		}
	}
}

func (s *scene) draw(o *thing, tex *lattice, t int, luma, cb, cr []byte) {
	cx, cy := bounce(o.x+o.vx*t, s.w*one)>>8, bounce(o.y+o.vy*t, s.h*one)>>8
	for y := max(0, cy-o.ry); y < min(s.h, cy+o.ry); y++ {
		for x := max(0, cx-o.rx); x < min(s.w, cx+o.rx); x++ {
			dx, dy := x-cx, y-cy
			if o.round && dx*dx*o.ry*o.ry+dy*dy*o.rx*o.rx > o.rx*o.rx*o.ry*o.ry {
				continue
			}
			v := o.luma + (tex.at((dx+512)*one, (dy+512)*one, o.cell)-128)*o.contr>>8
			if o.stripe > 0 && ((dx+dy/2+512)/o.stripe)&1 == 0 {
				v = v*3/4 - 10
			}
			luma[y*s.w+x] = clip(v)
			if x&1 == 0 && y&1 == 0 {
				i := y/2*(s.w/2) + x/2
				cb[i], cr[i] = clip(o.cb), clip(o.cr)
			}
		}
	}
}

// bounce reflects a position at the borders 0 and limit.
func bounce(v, limit int) int {
	v %= 2 * limit
	if v < 0 {
		v += 2 * limit
	}
	if v >= limit {
		v = 2*limit - 1 - v
	}
	return v
}

// clip keeps a sample in the video range 16..235.
func clip(v int) byte { return byte(min(max(v, 16), 235)) }
