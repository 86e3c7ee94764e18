package types

import (
	"cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
)

// ModuleName names the module, its store and its error codespace.
const ModuleName = "subnet"

// Errors of the module. The text starts with the name the protocol gives the error, so that
// users and `explain` find it; what was wrong, and the remedy, is wrapped around it.
var (
	ErrSubnetDoesNotExist                   = errors.RegisterWithGRPCCode(ModuleName, 2, codes.NotFound, "SubnetDoesNotExist")
	ErrRegistrationNotPermittedOnRootSubnet = errors.Register(ModuleName, 3, "RegistrationNotPermittedOnRootSubnet")
	ErrSubNetRegistrationDisabled           = errors.Register(ModuleName, 4, "SubNetRegistrationDisabled")
	ErrTooManyRegistrationsThisBlock        = errors.Register(ModuleName, 5, "TooManyRegistrationsThisBlock")
	ErrTooManyRegistrationsThisInterval     = errors.Register(ModuleName, 6, "TooManyRegistrationsThisInterval")
	ErrHotKeyAlreadyRegisteredInSubNet      = errors.Register(ModuleName, 7, "HotKeyAlreadyRegisteredInSubNet")
	ErrPriceAboveMaxCost                    = errors.Register(ModuleName, 8, "PriceAboveMaxCost")
	ErrNotEnoughBalance                     = errors.Register(ModuleName, 9, "NotEnoughBalance")
	ErrNoNeuronIDAvailable                  = errors.Register(ModuleName, 10, "NoNeuronIdAvailable")
	ErrNetworkTxRateLimitExceeded           = errors.Register(ModuleName, 11, "NetworkTxRateLimitExceeded")
	ErrAllNetworksInImmunity                = errors.Register(ModuleName, 12, "AllNetworksInImmunity")
	ErrInvalidName                          = errors.Register(ModuleName, 13, "InvalidName")
	ErrHotKeyNotRegisteredInSubNet          = errors.RegisterWithGRPCCode(ModuleName, 14, codes.NotFound, "HotKeyNotRegisteredInSubNet")
	ErrInvalidIPType                        = errors.Register(ModuleName, 15, "InvalidIpType")
	ErrInvalidIPAddress                     = errors.Register(ModuleName, 16, "InvalidIpAddress")
	ErrInvalidPort                          = errors.Register(ModuleName, 17, "InvalidPort")
	ErrInvalidAxon                          = errors.Register(ModuleName, 18, "InvalidAxon")
	ErrServingRateLimitExceeded             = errors.Register(ModuleName, 19, "ServingRateLimitExceeded")
	ErrBadOrigin                            = errors.Register(ModuleName, 20, "BadOrigin")
	ErrUnknownHyperparameter                = errors.Register(ModuleName, 21, "UnknownHyperparameter")
	ErrHyperparameter                       = errors.Register(ModuleName, 22, "InvalidHyperparameter")
	ErrInvalidAddress                       = errors.RegisterWithGRPCCode(ModuleName, 23, codes.InvalidArgument, "InvalidAddress")
	ErrParams                               = errors.Register(ModuleName, 24, "InvalidParams")
	ErrGenesis                              = errors.Register(ModuleName, 25, "InvalidGenesis")
	ErrInvariant                            = errors.Register(ModuleName, 26, "InvariantBroken")
	ErrStakeTooLowForRoot                   = errors.Register(ModuleName, 27, "StakeTooLowForRoot")
	ErrNotSubnetOwner                       = errors.Register(ModuleName, 28, "NotSubnetOwner")
	ErrUnknownParam                         = errors.Register(ModuleName, 29, "UnknownParam")
)
