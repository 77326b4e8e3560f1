// Package sealedgorilla seals the cookies of github.com/gorilla/securecookie, and so the sessions that gorilla/sessions
// keeps in cookies. [NewCodec] makes a securecookie.Codec of a keyring; the program around it stays as it is:
//
//	codec, err := sealedgorilla.NewCodec(ring, nil)
//	store := sessions.NewCookieStore()
//	store.Codecs = []securecookie.Codec{codec}
//
// A cookie is then an envelope in text form, encrypted, with the ID of its key, and bound to the cookie's name: stored
// under another name it does not open. Package compat/securecookie is something else: it reads and writes gorilla's own
// format.
//
// # Moving over
//
// Codecs after the first one open what was written before. Put them into a [Legacy], so that nothing of the kind is written
// any more, and so that it ends:
//
//	old := securecookie.CodecsFromPairs(hashKey, blockKey)[0]
//	store.Codecs = []securecookie.Codec{codec, sealedgorilla.Legacy{Decoder: old, Until: moved.AddDate(0, 0, 30)}}
//
// Without it securecookie.EncodeMulti would write with the old keys whatever does not seal, as what is too large.
//
// # Lifetime
//
// Options.TTL is how long a cookie is good for, whatever the browser says; the MaxAge method of gorilla's stores does not
// reach it, so set both. A cookie lasts no longer than its key.
//
// # What it does not do
//
// Whoever has a copy of a cookie has the session until it expires: deleting the cookie logs out one browser and no thief.
// For sessions that can be invalidated, use package sessions, or gorilla's stores that keep no more than an ID in the
// cookie.
package sealedgorilla
