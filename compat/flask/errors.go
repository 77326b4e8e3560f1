package flask

import (
	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// name begins every message of the package.
const name = "flask"

func badPayload(detail string) error { return fault.New(name, itsdangerous.ErrBadPayload, detail) }

func badConfig(detail string) error { return fault.New(name, itsdangerous.ErrConfig, detail) }

var (
	errSession  = badPayload("the session is no dict")
	errDict     = badPayload("the tag of a dict over something that needs none")
	errTuple    = badPayload("the tag of a tuple over something other than a list")
	errText     = badPayload("a tag over something other than the text it stands for")
	errBytes    = badPayload("the tag of bytes over something other than exact base64")
	errUUID     = badPayload("the tag of a UUID over something other than 32 lower-case hex digits")
	errUUIDText = badPayload("the text of a UUID is not 32 lower-case hex digits with the dashes in their places")
	errDatetime = badPayload("the tag of a datetime over something other than a date of Flask's in the years 100 to 9999")
)
