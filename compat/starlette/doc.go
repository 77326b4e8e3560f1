// Package starlette reads and writes the cookie of Starlette's SessionMiddleware, which is FastAPI's too: the session as
// JSON in base64, signed with the time by itsdangerous. It is held against Starlette 1.10.0. [NewSessions] makes what opens
// and makes such cookies.
//
// Errors match those of package itsdangerous under errors.Is. On an error every other result is zero. For its
// ErrBadSignature the middleware starts an empty session; behind a good signature it fails with a ValueError and the like,
// which is ErrBadTimeSignature or ErrBadPayload here.
//
// Starlette opens whatever this package signs. Where it is lax this package is not, and README.md has a table of the
// differences.
//
// A signature hides nothing, and what it once vouched for it vouches for until it is too old: logging out on the server
// ends no session. For new tokens, use package sealring: it knows keys by an ID, expiry, binding and encryption, and its
// Options.Legacy moves tokens of this kind over without logging anybody out.
package starlette
