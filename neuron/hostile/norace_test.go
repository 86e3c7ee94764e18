//go:build !race

package hostile

// raced tells whether the race detector is in this build.
const raced = false
