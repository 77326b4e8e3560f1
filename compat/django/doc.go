// Package django reads and writes what Django signs with its SECRET_KEY: django.core.signing, signed cookies and sessions.
// It is held against Django 4.2.30 and 5.2.19.
//
//   - [NewSigner] makes what signing.dumps and signing.loads are.
//   - [NewCookie] makes what set_signed_cookie writes and get_signed_cookie reads.
//   - [NewCookieSessions] opens sessions of the signed_cookies backend, [NewStoredSessions] what the db, cached_db and file
//     backends store. Both are JSON; the pickles of the cache backend are signed by nobody and out of reach by design.
//   - [NewTimestampSigner] signs plain text.
//
// Each takes SECRET_KEY and SECRET_KEY_FALLBACKS: the first signs, all open.
//
// # Errors
//
// Errors match those of package itsdangerous under errors.Is: its ErrBadSignature is Django's BadSignature,
// ErrSignatureExpired is SignatureExpired, and ErrBadTimeSignature and ErrBadPayload are what Django fails on with a
// ValueError and the like, behind a good signature. On an error every other result is zero.
//
// # Compatibility
//
// Django opens whatever this package signs. Where Django is lax this package is not, and README.md has a table of the
// differences: it reads base64 and times only as they are written, no time outside the years 1970 to 9999, none from the
// future where there is an age, and nothing that grows beyond a limit.
//
// # Sessions
//
// Sessions are JSON objects, so that T is a struct or, since any part of a Django project may put something in,
// map[string]any. The keys _auth_user_id, _auth_user_backend and _auth_user_hash say who is logged in. They are values as
// others are: whoever takes a session for a login holds _auth_user_hash against the user's password, as Django does so that
// a new password ends old sessions. So is _session_expiry, which SessionBase.set_expiry leaves behind.
//
// JSON is what SESSION_SERIALIZER writes by default. The pickles that it could write up to Django 4.2 are refused.
//
// # What a signature does not do
//
// It hides nothing, and what it once vouched for it vouches for until it is too old: logging out on the server ends no
// signed session. A salt, or a cookie's name, tells apart what one key signs for different uses.
//
// For new tokens, use package sealring: it knows keys by an ID, expiry, binding and encryption, and its Options.Legacy
// moves tokens of this kind over without logging anybody out.
package django
