//go:build race

package hostile

// raced: the race detector keeps several bytes for each of the program, which says nothing of the
// axon's own memory. The bound is judged in the builds that people run.
const raced = true
