// Package objectstore moves the files of a market: a miner puts its result into a bucket and
// answers with a presigned URL, a validator fetches that URL as what it is, a URL chosen by a
// stranger.
//
// # The client
//
// A [Store] is one bucket at any S3, named by one URL:
//
//	s3://KEY:SECRET@127.0.0.1:9000/bucket?region=us-east-1&tls=0
//
//	store, err := objectstore.Open(ctx, url)
//	object, err := store.PutFile(ctx, "results/3f/result.mp4", path, 200<<20)
//	link, err := store.PresignGet(ctx, object.Key, time.Hour)
//	...
//	removed, err := store.Expire(ctx, "results/", clock().Add(-2*time.Hour))
//
// Put sends the SHA-256 of the body inside the signature, so what the store keeps is what was
// read, byte for byte. Somebody else may upload with [Store.PresignPut], whose signature covers
// Content-Length and the checksum: a plain presigned PUT would limit nothing.
//
// Keys are real paths in the embedded server, so "a" and "a/b" cannot both exist; [CheckKey] says
// what a key may look like. The server itself is objectstore/server and runs in its own process.
//
// # The fetcher
//
// A [Fetcher] downloads a URL into a file in a hostile world. By default only https to public
// addresses is dialled, and the address is judged after resolution, at the moment of connecting,
// so that a name which changes its answer gains nothing. Bytes, total time and speed are bounded,
// redirects stay on the host, and the file appears only when its size and SHA-256 are right.
//
// # Whose fault
//
// "Miner's fault: score 0" and "our fault: skip" must never be mistaken for each other, so they
// are two types. Every error of Fetch is a [*PeerFault] or an [*OurFault]; every error of a Store
// that is not about the caller's own argument is an [*OurFault]. Both carry a [Reason].
//
//	var peer *objectstore.PeerFault
//	if errors.As(err, &peer) { score zero, note peer.Reason } else if err != nil { skip }
package objectstore
