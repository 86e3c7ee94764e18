// Package chart draws what happens in a market over its epochs as SVG that needs no script: lines by
// player or group, and matrices by validator and miner. Its script adds reading of values under a finger
// and a slider through the epochs. Drawings have no style attributes, so that a strict content policy
// allows them; all text is escaped, and the same values give the same bytes.
package chart

import (
	"embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Style is the drawings' style sheet; it comes after webpage.Base.
//
//go:embed chart.css
var Style string

// Script makes drawings that are in the page, and those that come later, answer to pointer and keys.
//
//go:embed chart.js
var Script string

//go:embed chart.html
var files embed.FS

var templates = template.Must(template.ParseFS(files, "chart.html"))

// Unit is how values are written.
type Unit int

// The units. Shares are 0..1 and written in percent.
const (
	Share Unit = iota
	TAO
)

func (u Unit) name() string {
	if u == TAO {
		return "TAO"
	}
	return "%"
}

// factor is from a value to the number that is written.
func (u Unit) factor() float64 {
	if u == TAO {
		return 1
	}
	return 100
}

// Write is a value with its unit, in three significant digits.
func (u Unit) Write(v float64) string { return figure(v*u.factor()) + "\u00a0" + u.name() }

// figure writes a number in three significant digits, thousands grouped; the script has the same.
func figure(v float64) string {
	switch {
	case math.IsInf(v, 0) || math.IsNaN(v):
		return "–"
	case math.Abs(v) < 0.0005:
		return "0"
	case math.Abs(v) >= 999.5:
		return grouped(int64(math.Round(v)))
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64) // 99.99 has the digits of 100
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(digits, 0), 3), 64)
}

// plain is a figure without zeros at its end, for ticks.
func plain(v float64) string {
	text := figure(v)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if left := len(digits) - i; i > 0 && left%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// scale is a nice largest value at or above v, and the step between ticks.
func scale(v float64) (top, step float64) {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1, 0.25
	}
	magnitude := math.Pow(10, math.Floor(math.Log10(v/4)))
	for _, f := range []float64{1, 2, 2.5, 5, 10, 20} {
		if step = f * magnitude; 4*step >= v*(1-1e-9) {
			break
		}
	}
	return step * math.Ceil(v*(1-1e-9)/step), step
}

// colours is how many there are; dashes, width and the letter at a line's end tell lines apart without them.
const colours = 7

// paint are the classes of a style: its colour, and its dashes, which differ for styles of one colour.
func paint(style int) string {
	dash := [colours]int{0, 1, 0, 2, 0, 1, 2}[style%colours]
	return fmt.Sprintf("c%d d%d", style%colours, (dash+style/colours)%3)
}

func render(name string, data any) template.HTML {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic(err) // a fault of the template, which tests run
	}
	return template.HTML(b.String())
}
