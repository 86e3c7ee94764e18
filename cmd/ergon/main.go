// Command ergon is the whole of Ergon in one binary; its commands are in package cli.
package main

import "github.com/ergon-network/ergon/cli"

func main() { cli.Main("template") }
