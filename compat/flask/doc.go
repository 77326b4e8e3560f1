// Package flask reads and writes the session cookie of Python's Flask 3: a service in Go and one in Flask share their
// sessions, both ways. [NewSessions] takes what the application has as SECRET_KEY and SECRET_KEY_FALLBACKS; Loads opens a
// cookie's value, and Dumps makes one.
//
// The cookie is Flask's default: what URLSafeTimedSerializer of itsdangerous makes with the salt "cookie-session", key
// derivation hmac and digest sha1. An application that has another session_interface has another cookie.
//
// # Types
//
// The payload is tagged JSON, which keeps types that JSON does not have. What a cookie holds comes back as nil, bool,
// string, [json.Number], []any, map[string]any, and for the tags as []byte, [time.Time], [UUID], [Markup] and [Tuple].
// A number is used as session["user_id"].(json.Number).Int64(). Loads gives a map; for a struct, open cookies in a codec
// with sealring's Options.Legacy, or give what [Sessions.OpenLegacy] returns to encoding/json.
//
// Dumps takes these types and Go's own numbers, []string and map[string]string. A session that is read and written again is for
// Flask the one it was: numbers keep their digits, tuples stay tuples, and a dict that looks like a tag stays a dict.
//
// # Errors
//
// The classes are those of package itsdangerous: ErrBadSignature, under which ErrSignatureExpired is, ErrBadPayload and
// ErrConfig. On an error every result is zero. No error and no output of a Sessions holds a key or anything of a cookie;
// what Dumps refuses it names by its path, which is made of keys of the session.
//
// # What it does not do
//
// Everybody can read a session: it is signed and not encrypted. It is good for as long as its age allows, logged out or
// not. For new sessions, use package sealring; its Options.Legacy moves sessions of this kind over by
// [Sessions.OpenLegacy] without logging anybody out.
package flask
