// Package docs holds the guides that the program itself reads.
package docs

import _ "embed"

// Fees is the specification of fees, free calls and the place in a block, as `ergon explain` reads it.
//
//go:embed fees.md
var Fees string
