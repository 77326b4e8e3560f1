package django

import (
	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// name begins every message of the package.
const name = "django"

var (
	errMismatch = fault.New(name, itsdangerous.ErrBadSignature, "the signature does not match")

	errNoTime    = fault.New(name, itsdangerous.ErrBadTimeSignature, "timestamp missing")
	errTimestamp = fault.New(name, itsdangerous.ErrBadTimeSignature, "malformed timestamp")
	errTime      = fault.New(name, itsdangerous.ErrBadTimeSignature, "timestamp outside the years 1970 to 9999")

	errAge    = fault.New(name, itsdangerous.ErrSignatureExpired, "older than the maximum age")
	errFuture = fault.New(name, itsdangerous.ErrSignatureExpired, "from the future")

	errNotUTF8   = fault.New(name, itsdangerous.ErrBadPayload, "not UTF-8")
	errNotASCII  = fault.New(name, itsdangerous.ErrBadPayload, "JSON that is not ASCII")
	errNotObject = fault.New(name, itsdangerous.ErrBadPayload, "a session that is not a JSON object")
	errLimit     = fault.New(name, itsdangerous.ErrBadPayload, "larger than the limit")

	errClock = fault.New(name, itsdangerous.ErrConfig, "the clock is outside the years 1970 to 9999")
)
