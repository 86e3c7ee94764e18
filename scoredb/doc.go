// Package scoredb is a validator's memory: which tasks it issued, what every answer scored and
// why, and what each miner's record is. One database belongs to one validator on one subnet.
//
//	db, err := scoredb.Open(ctx, "sqlite:/var/lib/ergon/video.db", scoredb.Options{})
//
// # A round
//
//	resume, err := db.Resume(ctx)              // after a start: is a round open?
//	round, err := db.OpenRound(ctx, ...)       // if not (ErrNoRound)
//	err = db.Enqueue(ctx, jobs...)             // one job for each task sent to a miner
//	job, err := db.Lease(ctx, worker, ttl)     // a worker takes one ...
//	id, err := db.Record(ctx, score)           // ... and commits its score, or
//	id, err := db.Skip(ctx, skip)              // notes that the failure was our own
//	states, err := db.CloseRound(ctx, round.Seq, compute)
//	err = db.MarkSubmitted(ctx, round.Seq, tx) // when the weights are on the chain
//
// # What is promised
//
// A call that returned nil has reached the disk: a killed process or a lost supply takes nothing
// back. Record commits the row and the end of its job together, and a response (round, uid,
// task) is scored once, whoever tries again (ErrDuplicate). A response that failed through our
// fault leaves no score, only a line in another table. CloseRound hands the round's rows to a
// pure function and writes all its results and the end of the round in one transaction, so a
// round is open or closed and never half.
//
// A miner is a hotkey on a uid. A new hotkey on the uid starts fresh; its predecessor's rows stay
// as evidence.
//
// # Evidence
//
// A Score carries everything needed to compute it again (task seed, digests of the reference, the
// result and the per-frame values, metric and its build, profile) and the validator's signature
// over all of it. Score.Verify needs no database.
package scoredb
