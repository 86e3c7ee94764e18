// Command determinism forbids, in code that every node must compute alike, what two machines may
// compute differently: floats, map iteration, clocks, randomness, goroutines and select.
//
//	go run ./tools/determinism ./consensus/... ./chain/x/...
//
// It prints one line per finding and exits with a status other than zero if there is one. Tests
// and generated protobuf code are exempt. See package check for the rules.
package main

import (
	"golang.org/x/tools/go/analysis/singlechecker"

	"github.com/ergon-network/ergon/tools/determinism/check"
)

func main() { singlechecker.Main(check.Analyzer) }
