package sealring

import "github.com/sealring/sealring/internal/failure"

// ErrInvalid is the umbrella: every error of this package matches it under errors.Is, beside the class that it is of.
var ErrInvalid = failure.Any

// The classes in which opening fails, in the order in which opening checks; format.md, Section 7. Each is
// certain only of what the steps before it have passed: ErrNotYetValid, ErrExpired and ErrBadPayload are about authentic
// envelopes, the ones above about anybody's bytes. Tell a remote party the same for all up to ErrBadSignature.
var (
	// ErrTooLarge: longer than Options.MaxEnvelope; nothing else was looked at. On sealing, the envelope would be.
	ErrTooLarge error = failure.TooLarge
	// ErrMalformed: not an envelope, or not exactly the one text of it.
	ErrMalformed error = failure.Malformed
	// ErrUnsupportedVersion: an envelope of a version that this package does not know.
	ErrUnsupportedVersion error = failure.UnsupportedVersion
	// ErrUnsupported: a suite or content that version 1 does not have.
	ErrUnsupported error = failure.Unsupported
	// ErrRefused: a suite, content or compression that this codec does not accept; Options.Suites, Options.Contents,
	// Options.RefuseDeflated.
	ErrRefused error = failure.Refused
	// ErrUnknownKey: the key ID is not in the keyring, or its key is closed or disabled.
	ErrUnknownKey error = failure.UnknownKey
	// ErrBadSignature: forged, damaged, for another purpose, or bound to something else.
	ErrBadSignature error = failure.BadSignature
	// ErrNotYetValid: authentic, and issued later than now by more than Options.Leeway.
	ErrNotYetValid error = failure.NotYetValid
	// ErrExpired: authentic, and past its expiry or Options.MaxAge.
	ErrExpired error = failure.Expired
	// ErrBadPayload: authentic, and the body breaks the payload rules or does not fit the type. On sealing: opening
	// would refuse it for that.
	ErrBadPayload error = failure.BadPayload
)

// The classes of what a program itself hands over.
var (
	// ErrNoPrimaryKey: sealing, and no key of the ring is to seal at this time.
	ErrNoPrimaryKey error = failure.NoPrimaryKey
	// ErrNoRandomness: sealing encrypted, and the system has no randomness for a nonce.
	ErrNoRandomness error = failure.NoRandomness
	// ErrBind: a binding was asked for and is empty.
	ErrBind error = failure.Bind
	// ErrKeyring: a secret, a key or a set of keys that a Keyring does not take.
	ErrKeyring error = failure.Keyring
	// ErrConfig: a purpose, options or a type that no codec can be made of, or a clock that is outside 1970 to 9999.
	ErrConfig error = failure.Config
)
