// Package hostile is the suite that attacks an axon (wire §12). It has tests only: the axon runs in
// one process, the attacker in another, and honest callers in the test measure what they notice. While
// each attack lasts, the axon stays up, its memory stays below 200 MB and honest callers are answered;
// in the long form 99 of 100 within 100 ms.
//
//	go test ./neuron/hostile                                      # a few hundred connections, seconds
//	ERGON_SOAK=1 go test ./neuron/hostile -v -timeout 20m         # 10,000 connections, minutes
//
// One attack is one function in attack_test.go, named by what it does.
package hostile
