// Package randomops holds the random-operation test of the ledger: every registered message, valid
// and spoilt, in random blocks with short tempos; after every block all invariants hold; the same
// seed gives the same app hash in a second run, restarts included.
//
// A new message needs one generator in the file of its module; the test fails until it has one. A
// generator makes a call with a fair chance to be accepted; the test spoils one in four. Short form in
// `make test`, ERGON_VERBOSE=1 shows every refusal; `ERGON_SOAK=10 go test ./chain/randomops` is the
// long form.
package randomops
