package types

// Event types. A producer is told by its name and its key (base64, as in its own key file).
const (
	EventProducerAdded    = "ProducerAdded"    // coldkey, producer, key, power, producers, tolerates
	EventProducerRemoved  = "ProducerRemoved"  // coldkey (root's only), producer, key, reason, height, producers, tolerates
	EventProducerKept     = "ProducerKept"     // producer, key, reason, height: the last one, so it stays
	EventProducerPowerSet = "ProducerPowerSet" // coldkey, producer, key, power, producers, tolerates
	EventRootSet          = "RootSet"          // coldkey (the old root), root (the new one)
)

// Event attributes.
const (
	AttributeColdkey   = "coldkey"
	AttributeProducer  = "producer"
	AttributeKey       = "key"
	AttributePower     = "power"
	AttributeReason    = "reason"    // one of the reasons below
	AttributeHeight    = "height"    // of what was done wrong; of this block where root removes
	AttributeProducers = "producers" // how many there are now
	AttributeTolerates = "tolerates" // how many of them may crash, whichever they are, while blocks go on
	AttributeRoot      = "root"
)

// Reasons for which a producer is removed.
const (
	ReasonRoot              = "root"
	ReasonDoubleSigning     = "double signing"
	ReasonLightClientAttack = "light client attack"
)
