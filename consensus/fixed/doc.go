// Package fixed holds the binary fixed-point formats in which the ledger counts shares.
//
// A result that differs in its last bit between two nodes splits the chain, so nothing here is a
// float: a value is an integer and a number of fraction bits, and every operation says how it
// rounds (yuma §1).
//
//	type     width  fraction bits  used for
//	I32F32     64        32        everything inside an epoch
//	I64F64    128        64        the bonds average, normalisation of stake, the root epoch
//	I96F32    128        32        share × emission
//	I110F18   128        18        registration price and difficulty (chain §3.3)
//
// Rounding: multiplication floors (toward minus infinity), division truncates (toward zero),
// conversion to fewer fraction bits or to an integer floors. Range: every operation saturates at
// the limits of its type; dividing by zero gives zero. Nothing panics.
package fixed
