package fees

import (
	"encoding/binary"

	sdk "github.com/cosmos/cosmos-sdk/types"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// Lane is a queue with its own share of a block.
type Lane uint8

// The lanes, in the order in which a block is filled.
const (
	Paid          Lane = iota // whatever pays a fee; the zero value, so that a call without a rule pays
	Weights                   // what validators say, secret or open, of a subnet or of root
	Registrations             // ways to a uid
	Free                      // the other free calls: serving, staking, subnets
	Lanes                     // how many there are
)

var names = [Lanes]string{"paid", "weights", "registrations", "free"}

// String is the lane's name.
func (l Lane) String() string {
	if l < Lanes {
		return names[l]
	}
	return "unknown"
}

// rule is what the policy says about one kind of call.
type rule struct {
	lane    Lane
	neuron  bool               // only a hotkey with a uid of the subnet has this call free
	replace bool               // a newer one makes an older one pointless
	free    func(sdk.Msg) bool // nil: always
}

var (
	paid         = rule{lane: Paid}
	weights      = rule{lane: Weights, neuron: true, replace: true}
	secret       = rule{lane: Weights, neuron: true} // each is about an epoch of its own
	serving      = rule{lane: Free, neuron: true, replace: true}
	registration = rule{lane: Registrations}
	free         = rule{lane: Free}
)

// rules has a line for every message that the ledger knows; a test holds it against the registry.
// Free are the calls that the original leaves free (chain §2.2).
var rules = map[string]rule{
	"/ergon.incentive.v1.MsgSetWeights":     weights,
	"/ergon.incentive.v1.MsgSetRootWeights": weights,
	"/ergon.incentive.v1.MsgCommitWeights":  secret,
	"/ergon.incentive.v1.MsgRevealWeights":  secret,

	"/ergon.subnet.v1.MsgServeAxon":         serving,
	"/ergon.subnet.v1.MsgServePrometheus":   serving,
	"/ergon.subnet.v1.MsgSetCommitment":     serving,
	"/ergon.subnet.v1.MsgRegister":          registration,
	"/ergon.subnet.v1.MsgRegisterPow":       registration,
	"/ergon.subnet.v1.MsgRootRegister":      registration,
	"/ergon.subnet.v1.MsgCreateSubnet":      free,
	"/ergon.subnet.v1.MsgDissolveSubnet":    free,
	"/ergon.subnet.v1.MsgTransferSubnet":    paid,
	"/ergon.subnet.v1.MsgSetHyperparameter": {lane: Free, free: freeSetting},
	"/ergon.subnet.v1.MsgSetIdentity":       paid,
	"/ergon.subnet.v1.MsgClearIdentity":     paid,
	"/ergon.subnet.v1.MsgSetParam":          paid,

	"/ergon.stake.v1.MsgAddStake":            free,
	"/ergon.stake.v1.MsgRemoveStake":         free,
	"/ergon.stake.v1.MsgRemoveAllStake":      free,
	"/ergon.stake.v1.MsgMoveStake":           free,
	"/ergon.stake.v1.MsgBecomeDelegate":      free,
	"/ergon.stake.v1.MsgIncreaseTake":        free,
	"/ergon.stake.v1.MsgDecreaseTake":        free,
	"/ergon.stake.v1.MsgSwapHotkey":          free,
	"/ergon.stake.v1.MsgScheduleColdkeySwap": paid,
	"/ergon.stake.v1.MsgExecuteColdkeySwap":  paid,
	"/ergon.stake.v1.MsgCancelColdkeySwap":   paid,
	"/ergon.stake.v1.MsgSetParams":           paid,

	"/ergon.incentive.v1.MsgSetParam":       paid,
	"/ergon.authority.v1.MsgAddProducer":    paid,
	"/ergon.authority.v1.MsgRemoveProducer": paid,
	"/ergon.authority.v1.MsgSetPower":       paid,
	"/ergon.authority.v1.MsgSetRoot":        paid,
	"/ergon.upgrade.v1.MsgScheduleUpgrade":  paid,
	"/ergon.upgrade.v1.MsgCancelUpgrade":    paid,

	"/cosmos.bank.v1beta1.MsgSend":           paid,
	"/cosmos.bank.v1beta1.MsgMultiSend":      paid,
	"/cosmos.bank.v1beta1.MsgSetSendEnabled": paid,
	"/cosmos.bank.v1beta1.MsgUpdateParams":   paid,
	"/cosmos.auth.v1beta1.MsgUpdateParams":   paid,
	"/cosmos.consensus.v1.MsgUpdateParams":   paid,
	"/cosmos.authz.v1beta1.MsgGrant":         paid,
	"/cosmos.authz.v1beta1.MsgExec":          paid,
	"/cosmos.authz.v1beta1.MsgRevoke":        paid,
}

// freeSettings are the hyperparameters that the original lets an owner set without a fee.
var freeSettings = map[string]bool{"adjustment_alpha": true, "registration_allowed": true, "pow_registration_allowed": true}

func freeSetting(m sdk.Msg) bool {
	set, ok := m.(*subnettypes.MsgSetHyperparameter)
	return ok && freeSettings[set.Name]
}

// Ruled tells whether the policy has a line for a message type.
func Ruled(typeURL string) bool { _, ok := rules[typeURL]; return ok }

// slot joins what makes two free calls the same: kind, hotkey and subnet. A call that names no
// hotkey is about its signer's own affairs; slots are compared within one signer then.
func slot(m sdk.Msg, hotkey string, netuid uint32) string {
	key := make([]byte, 0, 96)
	key = append(append(append(key, sdk.MsgTypeURL(m)...), 0), hotkey...)
	return string(binary.BigEndian.AppendUint32(append(key, 0), netuid))
}
