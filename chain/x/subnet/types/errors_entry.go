package types

import (
	"cosmossdk.io/errors"
	"google.golang.org/grpc/codes"
)

// Errors of proof of work and of what is published.
var (
	ErrInvalidWorkBlock        = errors.Register(ModuleName, 60, "InvalidWorkBlock")
	ErrInvalidDifficulty       = errors.Register(ModuleName, 61, "InvalidDifficulty")
	ErrInvalidSeal             = errors.Register(ModuleName, 62, "InvalidSeal")
	ErrWorkReused              = errors.Register(ModuleName, 63, "WorkReused")
	ErrInvalidCertificate      = errors.Register(ModuleName, 64, "InvalidCertificate")
	ErrInvalidIdentity         = errors.Register(ModuleName, 65, "InvalidIdentity")
	ErrTooManyFieldsInIdentity = errors.Register(ModuleName, 66, "TooManyFieldsInIdentityInfo")
	ErrCannotRegisterIdentity  = errors.Register(ModuleName, 67, "CannotRegister")
	ErrIdentityNotFound        = errors.RegisterWithGRPCCode(ModuleName, 68, codes.NotFound, "IdentityNotFound")
	ErrInvalidCommitment       = errors.Register(ModuleName, 69, "InvalidCommitment")
	ErrCommitmentRateLimit     = errors.Register(ModuleName, 70, "CommitmentSetRateLimitExceeded")
	ErrCommitmentNotFound      = errors.RegisterWithGRPCCode(ModuleName, 71, codes.NotFound, "CommitmentNotFound")
)
