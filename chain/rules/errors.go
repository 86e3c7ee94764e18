package rules

import (
	"strings"

	errorsmod "cosmossdk.io/errors"
)

// Error is one of the ledger's refusals in words: what it means and what to do about it.
type Error struct {
	Codespace string `json:"codespace"` // the module's, "stake"
	Number    uint32 `json:"number"`    // within the codespace; the two never change
	Name      string `json:"name"`      // the protocol's name for it, or ours, "NotEnoughStakeToWithdraw"
	Meaning   string `json:"meaning"`
	Remedy    string `json:"remedy"`
}

// ErrorOf is the entry of a code; false for one that this table does not know.
func ErrorOf(codespace string, number uint32) (Error, bool) {
	for _, e := range errorTable() {
		if e.Codespace == codespace && e.Number == number {
			return e, true
		}
	}
	return Error{}, false
}

// ErrorNamed lists the errors of that name, which several modules may have, or of the words that
// the ledger says it with. Case, spaces, underscores and "Err" in front do not matter.
func ErrorNamed(name string) []Error {
	key := strings.TrimPrefix(fold(name), "err")
	var found []Error
	for _, e := range errorTable() {
		if key != "" && (fold(e.Name) == key || fold(e.said()) == key) {
			found = append(found, e)
		}
	}
	return found
}

// ErrorIn is the error that a message of the ledger ends with: an answer to a query carries its
// text only. False for a message of something else.
func ErrorIn(message string) (Error, bool) {
	for _, e := range errorTable() {
		if said := e.said(); said != "" && (message == said || strings.HasSuffix(message, ": "+said)) {
			return e, true
		}
	}
	return Error{}, false
}

// said is the text that the ledger's own registry has for the error: what messages end with, behind
// what happened.
func (e Error) said() string {
	err := errorsmod.ABCIError(e.Codespace, e.Number, "")
	text := strings.TrimPrefix(err.Error(), ": ")
	if text == unregistered {
		return ""
	}
	return text
}

// Errors lists them all, module by module, by number.
func Errors() []Error { return errorTable() }

// entry is a row of the tables below: they are read by people too.
type entry struct {
	number                uint32
	name, meaning, remedy string
}

func errorTable() []Error {
	var all []Error
	for _, t := range []struct {
		codespace string
		entries   []entry
	}{
		{"subnet", subnetErrors}, {"stake", stakeErrors}, {"incentive", incentiveErrors}, {"authority", authorityErrors},
		{"upgrade", upgradeErrors}, {"beacon", beaconErrors}, {"fees", feeErrors}, {"sdk", sdkErrors}, {"authz", authzErrors},
	} {
		for _, e := range t.entries {
			all = append(all, Error{t.codespace, e.number, e.name, e.meaning, e.remedy})
		}
	}
	return all
}

// unregistered is the registry's text for a code that it does not know.
const unregistered = "unknown"

// bug is the remedy of what a correct program never shows.
const bug = "this is a fault of the program: report it with the block and the transaction"

var authorityErrors = []entry{
	{2, "NotRoot", "Only the account with the powers of root may do this.", "sign with root's wallet; `ergon node producers list` names it"},
	{3, "NameTooLong", "The producer's name is too long.", "choose a shorter name"},
	{4, "InvalidKey", "This is not an ed25519 public key of 32 bytes.", "take the producer key that `ergon node status` of that node shows"},
	{5, "InvalidPower", "The voting power is out of bounds.", "give a power within the bounds that the message names"},
	{6, "KnownProducer", "The key produces blocks already.", "change its power with `ergon node producers power`"},
	{7, "TooManyProducers", "There are as many producers as there may be.", "remove one with `ergon node producers remove` first"},
	{8, "UnknownProducer", "The key belongs to no producer.", "look the key or name up with `ergon node producers list`"},
	{9, "LastProducer", "Without its last producer the ledger would stop for ever.", "add another one first with `ergon node producers add`"},
	{10, "InvalidRoot", "This account cannot be root.", "name an ordinary account that somebody holds the key of"},
	{11, "InvariantBroken", "The set of producers contradicts itself.", bug},
	{12, "Unchanged", "Nothing would change.", "nothing needs to be done"},
}

var upgradeErrors = []entry{
	{2, "NotRoot", "Only root schedules upgrades.", "sign with root's wallet; `ergon node producers list` names it"},
	{3, "InvalidPlan", "The plan makes no sense: its name, its text or its height.", "name a release, and a height later than now by at most a year"},
	{4, "UpgradeDone", "The ledger has gone through an upgrade of this name.", "give the release another name; `ergon node upgrade show` lists those of the past"},
	{5, "NoPlan", "No upgrade of this name is scheduled.", "see what is with `ergon node upgrade show`"},
	{6, "InvalidGenesis", "The genesis of the upgrades contradicts itself.", "export the genesis anew with `ergon node export`"},
}

var beaconErrors = []entry{
	{2, "InvalidGenesis", "The genesis of the beacon contradicts itself.", "export the genesis anew with `ergon node export`"},
	{3, "InvalidVotes", "The block's first entry does not hold its producers' values.", "a producer proposed a bad block, the others refuse it: nothing needs to be done"},
	{4, "InvariantBroken", "The beacon's record contradicts itself.", bug},
}

var feeErrors = []entry{
	{2, "FeeTooLow", "The fee that the transaction offers is below what its calls cost.", "offer the fee that the message names; this program does so by itself"},
	{3, "InvalidFee", "Fees are paid in rao, by the signer.", "offer one amount in rao and no fee granter"},
	{4, "InvalidSigner", "A transaction has one signer: an sr25519 key, or a multisig account of such keys.", "send a transaction for each signer"},
	{5, "TooManyCalls", "There are too many calls in one transaction.", "split it: 64 calls each at most"},
	{6, "WrappedTooDeep", "Calls on behalf of others are wrapped in one another too deep.", "wrap a call at most twice"},
	{7, "CallWaiting", "A free call of this kind waits for its block already.", "wait for the next block and send it again, or offer the fee"},
	{8, "NoFreeCallsLeft", "The signer has used up its free calls for now.", "wait 100 blocks, or offer the fee"},
	{9, "MempoolFull", "The node has too many calls waiting.", "send it again in a few blocks, or to another node"},
	{10, "CannotPayFee", "The balance does not cover the fee and the existential deposit.", "put more coins on the account that signs"},
}

var sdkErrors = []entry{
	{2, "TxDecode", "The bytes are no transaction of this ledger.", "use a program of the ledger's release; `ergon version` and `ergon node upgrade show` tell"},
	{4, "Unauthorized", "The signature is not good for this account, this ledger or this moment.", "check that --node is the ledger that was meant, and sign again"},
	{5, "InsufficientFunds", "The account has fewer coins than would leave it.", "send less: `ergon wallet balance` shows what there is"},
	{6, "UnknownRequest", "The ledger does not know this call or query.", "use a program of the ledger's release; `ergon node upgrade show` tells which that is"},
	{7, "InvalidAddress", "An address is none of this ledger's.", "give an SS58 address: it begins with 5 and has 47 or 48 characters"},
	{9, "UnknownAddress", "The ledger does not know the account.", "fund it, or register it as a hotkey, first"},
	{10, "InvalidCoins", "The amount is no amount of rao.", "give one positive amount in rao"},
	{11, "OutOfGas", "The question takes more work than a node does for one answer.", "ask for less at once: give a limit and go on behind the last entry"},
	{12, "MemoTooLarge", "The transaction's note is too long.", "shorten the note"},
	{13, "InsufficientFee", "The fee is too low.", "offer the fee that the message names"},
	{18, "InvalidRequest", "The call makes no sense as it is.", "the message says which field is wrong"},
	{19, "AlreadyWaiting", "The node has this very transaction already.", "wait for it; nothing needs to be sent again"},
	{20, "MempoolFull", "The node has too many calls waiting.", "send it again in a few blocks, or to another node"},
	{21, "TxTooLarge", "The transaction is too large for a block.", "split it"},
	{24, "WrongSigner", "The key is not the one that the call names.", "sign with the wallet that the call is for"},
	{26, "InvalidHeight", "The node does not have the state of this block: it is not made yet, or was pruned.", "ask for another height; `ergon node status` shows the latest, node.json how many are kept"},
	{30, "Expired", "The transaction waited longer than it was good for and never happened.", "send it again"},
	{32, "WrongSequence", "Another transaction of the signer was faster.", "send it again"},
	{36, "Conflict", "It contradicts something that is there already.", "the message says what"},
	{38, "NotFound", "There is no such thing on the ledger.", "look it up: `ergon subnet list`, `ergon subnet metagraph`, `ergon stake show`"},
}

var authzErrors = []entry{
	{2, "NoAuthorization", "The account has not made the signer its proxy for this call, or no longer.", "let it do so: `ergon wallet proxy add`; `ergon wallet proxy list` shows what was granted"},
	{3, "InvalidExpiration", "The grant would end in the past.", "give it more days"},
	{4, "UnknownAuthorization", "The grant is of a kind that this ledger does not have.", "grant with `ergon wallet proxy add`"},
	{5, "NoGrants", "Nothing was granted.", "see what was with `ergon wallet proxy list`"},
	{6, "GrantExpired", "What was granted has ended.", "grant it again with `ergon wallet proxy add`"},
	{7, "GranteeIsGranter", "An account needs no grant for its own calls.", "name another account, or leave --as out"},
}
