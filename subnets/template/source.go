package template

import "embed"

// Source is the market's own source, from which `ergon scaffold` makes new markets: what is compiled
// and tested here is what a designer begins with.
//
//go:embed *.go
var Source embed.FS
