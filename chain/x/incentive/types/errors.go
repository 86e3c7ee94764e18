package types

import errorsmod "cosmossdk.io/errors"

// Names of the module and its store.
const (
	ModuleName = "incentive"
	StoreKey   = ModuleName
)

// Errors of set_weights, in the order in which the checks run (yuma §7.1). Codes never change.
var (
	ErrRootWeights        = errorsmod.Register(ModuleName, 2, "CanNotSetRootNetworkWeights: netuid 0 takes root weights only")
	ErrLengthsDiffer      = errorsmod.Register(ModuleName, 3, "WeightVecNotEqualSize: give one value for each uid")
	ErrTooManyUids        = errorsmod.Register(ModuleName, 4, "UidsLengthExceedUidsInSubNet: list each uid of the subnet at most once")
	ErrNotRegistered      = errorsmod.Register(ModuleName, 5, "HotKeyNotRegisteredInSubNet: register the hotkey first")
	ErrNotEnoughStake     = errorsmod.Register(ModuleName, 6, "NotEnoughStakeToSetWeights: add stake to the hotkey")
	ErrVersionKey         = errorsmod.Register(ModuleName, 7, "IncorrectWeightVersionKey: update the validator software")
	ErrTooFast            = errorsmod.Register(ModuleName, 8, "SettingWeightsTooFast: wait for the rate limit")
	ErrNoPermit           = errorsmod.Register(ModuleName, 9, "NeuronNoValidatorPermit: a permit goes to the largest stakes at each epoch")
	ErrDuplicateUids      = errorsmod.Register(ModuleName, 10, "DuplicateUids: list each uid once")
	ErrInvalidUid         = errorsmod.Register(ModuleName, 11, "UidVecContainInvalidOne: a uid is not in use on this subnet")
	ErrTooFewWeights      = errorsmod.Register(ModuleName, 12, "WeightVecLengthIsLow: weigh more uids")
	ErrMaxWeight          = errorsmod.Register(ModuleName, 13, "MaxWeightExceeded: spread the weight wider")
	ErrValueRange         = errorsmod.Register(ModuleName, 14, "InvalidWeightValue: uids and values are 0..65535")
	ErrNoSuchMechanism    = errorsmod.Register(ModuleName, 15, "MechanismDoesNotExist: the subnet names a mechanism this node does not know")
	ErrSettlement         = errorsmod.Register(ModuleName, 16, "InvalidSettlement: the mechanism gave more than it was given")
	ErrUnknownNeuronState = errorsmod.Register(ModuleName, 17, "MissingNeuronState: the weight row of a registered uid is missing")
)

// Events of the module.
const (
	EventWeightsSet     = "WeightsSet"     // netuid, uid, hotkey
	EventEpochSettled   = "EpochSettled"   // netuid, epoch, amount, owner_cut, miners, validators, unissued
	EventEpochFailed    = "EpochFailed"    // netuid, height, reason
	EventPayout         = "Payout"         // netuid, epoch, settled_at, owner, owner_cut, miners, validators, rewards
	EventEmission       = "EmissionSet"    // block_emission, subnets
	EventEmissionClosed = "EmissionClosed" // netuid, dropped: what had accrued and is never minted
)
