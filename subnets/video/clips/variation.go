package clips

import "encoding/binary"

// margin is how many pixels a canvas exceeds the clip on every side; crop and drift move within it.
const margin = 16

// Variation is one miner's own alteration of a clip: place, drift, mirror, tone, colour and grain. Two variations of
// one clip are different work of the same difficulty, so copying or relaying another's answer fails against it
// (video §11 #1, #2, #4).
type Variation struct {
	Seed   uint64
	x, y   int // crop, 0..2·margin, even
	dx, dy int // drift in 1/256 pixel per frame
	mirror bool
	tone   [256]byte
	cb, cr [256]byte
	grain  int // standard deviation in 1/16 code values
}

// NewVariation draws a variation.
func NewVariation(seed uint64) Variation {
	p := newPRNG(seed, streamVariation)
	v := Variation{
		Seed: seed, x: 2 * p.n(margin+1), y: 2 * p.n(margin+1),
		dx: p.between(-180, 180), dy: p.between(-120, 120), mirror: p.n(2) == 0, grain: p.between(24, 48),
	}
	gain, lift, bend := p.between(236, 276), p.between(-6, 6), p.between(-24, 24)
	cbGain, crGain := p.between(220, 300), p.between(220, 300)
	cbShift, crShift := p.between(-8, 8), p.between(-8, 8)
	for i := range 256 {
		curve := bend * i * (255 - i) >> 14 // lifts or lowers the middle tones only
		v.tone[i] = clip((i-126)*gain>>8 + 126 + lift + curve)
		v.cb[i] = clip((i-128)*cbGain>>8 + 128 + cbShift)
		v.cr[i] = clip((i-128)*crGain>>8 + 128 + crShift)
	}
	return v
}

// apply cuts frame k, w×h, out of a canvas of (w+2·margin)×(h+2·margin) and alters it.
func (v *Variation) apply(k int, canvas, dst []byte, w, h int) {
	// Even steps keep luma and colour aligned.
	x0 := bounce(v.x*one+v.dx*k, (2*margin+1)*one) >> 8 &^ 1
	y0 := bounce(v.y*one+v.dy*k, (2*margin+1)*one) >> 8 &^ 1
	cw, ch := w+2*margin, h+2*margin
	v.plane(canvas[:cw*ch], dst[:w*h], cw, x0, y0, w, &v.tone)
	c, d := canvas[cw*ch:], dst[w*h:]
	v.plane(c[:cw*ch/4], d[:w*h/4], cw/2, x0/2, y0/2, w/2, &v.cb)
	v.plane(c[cw*ch/4:], d[w*h/4:], cw/2, x0/2, y0/2, w/2, &v.cr)
	v.addGrain(k, dst[:w*h], v.grain)
	v.addGrain(k+1<<32, dst[w*h:], v.grain/2)
}

func (v *Variation) plane(src, dst []byte, stride, x0, y0, w int, tone *[256]byte) {
	for y := range len(dst) / w {
		row := src[(y0+y)*stride+x0:][:w]
		out := dst[y*w:][:w]
		for x, s := range row {
			if v.mirror {
				out[w-1-x] = tone[s]
			} else {
				out[x] = tone[s]
			}
		}
	}
}

// addGrain adds near-Gaussian noise: a sum of four bytes has a standard deviation of 147.8.
func (v *Variation) addGrain(k int, plane []byte, sigma int) {
	p := newPRNG(v.Seed, streamGrain+uint64(k)<<8)
	var b [8]byte
	for i := 0; i+1 < len(plane); i += 2 {
		binary.LittleEndian.PutUint64(b[:], p.pcg.Uint64())
		for j := range 2 {
			q := b[4*j:]
			noise := (int(q[0]) + int(q[1]) + int(q[2]) + int(q[3]) - 510) * sigma / (148 * 16)
			plane[i+j] = clip(int(plane[i+j]) + noise)
		}
	}
}
